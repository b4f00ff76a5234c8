import type { EventEmitter } from 'node:events';
import { type PhoneLibrary, TextJoiner, UUID, valuesOf } from './phone-library.js';

/** What is used of noble. */
interface NobleLike extends EventEmitter {
  startScanningAsync(serviceUuids: string[], allowDuplicates: boolean): Promise<void>;
  stopScanningAsync(): Promise<void>;
}

interface PeripheralLike extends EventEmitter {
  readonly mtu: number | null;
  connectAsync(options: { mtu: number }): Promise<void>;
  disconnectAsync(): Promise<void>;
  discoverSomeServicesAndCharacteristicsAsync(
    services: string[],
    characteristics: string[],
  ): Promise<{ characteristics: CharacteristicLike[] }>;
}

interface CharacteristicLike extends EventEmitter {
  readonly uuid: string;
  writeAsync(value: Buffer, withoutResponse: boolean): Promise<void>;
  subscribeAsync(): Promise<void>;
}

interface CentralPhoneOptions {
  readonly noble: NobleLike;
  readonly library: PhoneLibrary;
  readonly mtu: number;
  readonly onText: (text: string) => void;
}

/** A phone that looks for a gateway, over all its connections. */
export class CentralPhone {
  readonly #options: CentralPhoneOptions;
  readonly #joiner: TextJoiner;

  constructor(options: CentralPhoneOptions) {
    this.#options = options;
    this.#joiner = new TextJoiner(options.library, options.onText);
  }

  async connect() {
    const { noble, library, mtu } = this.#options;
    const found = new Promise<PeripheralLike>((resolve) => noble.once('discover', resolve));
    await noble.startScanningAsync([UUID.service], false);
    const peripheral = await found;
    await noble.stopScanningAsync();
    await peripheral.connectAsync({ mtu });
    const { characteristics } = await peripheral.discoverSomeServicesAndCharacteristicsAsync([UUID.service], []);
    const of = (uuid: string): CharacteristicLike => {
      const characteristic = characteristics.find((candidate) => candidate.uuid === uuid);
      if (characteristic === undefined) throw new Error(`no characteristic ${uuid}`);
      return characteristic;
    };
    const [write, update] = [of(UUID.toPeripheral), of(UUID.toCentral)];
    const onValue = (value: Buffer) => this.#joiner.add(value);
    update.on('data', onValue);
    const gone = new Promise<void>((resolve) => peripheral.once('disconnect', () => resolve())).then(() => {
      update.removeListener('data', onValue);
      this.#joiner.disconnected();
    });
    await update.subscribeAsync();
    return {
      gone,
      /** Resolves when the gateway's radio has every piece. */
      send: async (text: string) => {
        for (const value of valuesOf(text, library.writtenBytes(peripheral.mtu ?? 23))) {
          await write.writeAsync(value, false);
        }
      },
      disconnect: () => peripheral.disconnectAsync(),
    };
  }
}

import { characteristicsOf, findPeripheral, type NobleLike } from '../noble.js';
import { type PhoneLibrary, TextJoiner, UUID, valuesOf } from './phone-library.js';

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
    const peripheral = await findPeripheral(noble, UUID.service);
    await peripheral.connectAsync({ mtu });
    const of = await characteristicsOf(peripheral, UUID.service);
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

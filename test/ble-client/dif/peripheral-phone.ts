import type { EventEmitter } from 'node:events';
import { type PhoneLibrary, TextJoiner, UUID, valuesOf } from './phone-library.js';

/** What is used of bleno. Its callbacks get the connection first. */
interface BlenoLike extends EventEmitter {
  readonly Characteristic: new (options: {
    uuid: string;
    properties: readonly string[];
    onWriteRequest?: (...parameters: never[]) => void;
    onSubscribe?: (...parameters: never[]) => void;
    onIndicate?: (...parameters: never[]) => void;
  }) => object;
  readonly PrimaryService: new (options: { uuid: string; characteristics: object[] }) => object;
  setServices(services: object[]): void;
  startAdvertising(name: string, serviceUuids: string[], done: (error?: Error | null) => void): void;
}

interface PeripheralPhoneOptions {
  readonly bleno: BlenoLike;
  readonly library: PhoneLibrary;
  readonly onText: (text: string) => void;
}

/** Opcode and handle before a value. */
const ATT_HEADER_BYTES = 3;
const SUCCESS = 0;

/** A phone that waits for a gateway. */
export class PeripheralPhone {
  readonly #options: PeripheralPhoneOptions;
  readonly #joiner: TextJoiner;
  #mtu = 23;
  #update: ((value: Buffer) => void) | undefined;
  /** Calls back when the indication that is out was confirmed, or cannot be any more. */
  #onConfirmed = (_isConfirmed: boolean) => {};
  #sending: Promise<unknown> = Promise.resolve();

  constructor(options: PeripheralPhoneOptions) {
    const { bleno, library, onText } = options;
    this.#options = options;
    this.#joiner = new TextJoiner(library, onText);
    const write = new bleno.Characteristic({
      uuid: UUID.toPeripheral,
      properties: ['write'],
      onWriteRequest: (_connection: number, value: Buffer, _offset: number, _isCommand: boolean, answer: Answer) => {
        this.#joiner.add(value);
        answer(SUCCESS);
      },
    });
    const update = new bleno.Characteristic({
      uuid: UUID.toCentral,
      properties: ['indicate'],
      onSubscribe: (_connection: number, maxValueBytes: number, tell: (value: Buffer) => void) => {
        this.#mtu = maxValueBytes + ATT_HEADER_BYTES;
        this.#update = tell;
      },
      onIndicate: () => this.#onConfirmed(true),
    });
    bleno.setServices([new bleno.PrimaryService({ uuid: UUID.service, characteristics: [write, update] })]);
    bleno.on('disconnect', () => {
      this.#update = undefined;
      this.#joiner.disconnected();
      this.#onConfirmed(false);
    });
  }

  advertise(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#options.bleno.startAdvertising('phone', [UUID.service], (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Resolves when the gateway's radio has every piece; rejects when nobody is subscribed, or no more. */
  send(text: string): Promise<void> {
    const sent = this.#sending.then(async () => {
      for (const value of valuesOf(text, this.#options.library.indicatedBytes(this.#mtu))) await this.#indicate(value);
    });
    this.#sending = sent.catch(() => {});
    return sent;
  }

  #indicate(value: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      const lost = new Error('nobody is subscribed');
      this.#onConfirmed = (isConfirmed) => (isConfirmed ? resolve() : reject(lost));
      if (this.#update === undefined) reject(lost);
      else this.#update(value);
    });
  }
}

type Answer = (result: number) => void;

import { type Answer, type Bleno, type Family, splitConnection, type UpdateValue } from './packages.js';

export const SERVICE = '5f0a0000c2cf4c1d8d5e1a2b3c4d5e6f';
/** Read, write with and without response. */
export const MAILBOX = '5f0a0001c2cf4c1d8d5e1a2b3c4d5e6f';
export const NOTIFIED = '5f0a0002c2cf4c1d8d5e1a2b3c4d5e6f';
export const INDICATED = '5f0a0003c2cf4c1d8d5e1a2b3c4d5e6f';

const RESULT_SUCCESS = 0;
/** No attribute value is longer, whatever the MTU (Core Specification, Vol 3 Part F, 3.2.9). */
const MAX_VALUE_BYTES = 512;

interface Subscriber {
  readonly maxValueBytes: number;
  readonly update: UpdateValue;
}

/** A GATT server on bleno that keeps what is written to it, and whoever subscribed, by connection. */
export class GattServer {
  readonly writes: { readonly connection: number; readonly value: Buffer }[] = [];
  readonly notified = new Map<number, Subscriber>();
  readonly indicated = new Map<number, Subscriber>();
  /** What the mailbox holds to be read. */
  stored = Buffer.alloc(0);
  confirmations = 0;
  readonly #bleno: Bleno;
  readonly #family: Family;
  #onChange: () => void = () => {};

  constructor(bleno: Bleno, family: Family) {
    this.#bleno = bleno;
    this.#family = family;
    const { Characteristic, PrimaryService } = bleno;
    const characteristics = [
      new Characteristic({
        uuid: MAILBOX,
        properties: ['read', 'write', 'writeWithoutResponse'],
        onReadRequest: (...parameters) => this.#read(parameters),
        onWriteRequest: (...parameters) => this.#write(parameters),
      }),
      new Characteristic({
        uuid: NOTIFIED,
        properties: ['notify'],
        onSubscribe: (...parameters) => this.#subscribe(this.notified, parameters),
      }),
      new Characteristic({
        uuid: INDICATED,
        properties: ['indicate'],
        onSubscribe: (...parameters) => this.#subscribe(this.indicated, parameters),
        onIndicate: () => this.#changed(() => this.confirmations++),
      }),
    ];
    bleno.setServices([new PrimaryService({ uuid: SERVICE, characteristics })]);
  }

  advertise(name = 'waypost'): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#bleno.startAdvertising(name, [SERVICE], (error) => (error ? reject(error) : resolve()));
    });
  }

  get writtenBytes(): number {
    return this.writes.reduce((sum, { value }) => sum + value.length, 0);
  }

  /** Resolves as soon as `condition` holds. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#onChange = resolve;
      });
    }
  }

  #read(parameters: readonly unknown[]): void {
    const [, [offset, answer]] = splitConnection<[number, Answer]>(this.#family, parameters);
    answer(RESULT_SUCCESS, this.stored.subarray(offset, MAX_VALUE_BYTES));
  }

  #write(parameters: readonly unknown[]): void {
    const [connection, [value, , , answer]] = splitConnection<[Buffer, number, boolean, Answer]>(
      this.#family,
      parameters,
    );
    this.#changed(() => this.writes.push({ connection, value: Buffer.from(value) }));
    answer(RESULT_SUCCESS);
  }

  #subscribe(subscribers: Map<number, Subscriber>, parameters: readonly unknown[]): void {
    const [connection, [maxValueBytes, update]] = splitConnection<[number, UpdateValue]>(this.#family, parameters);
    this.#changed(() => subscribers.set(connection, { maxValueBytes, update }));
  }

  #changed(effect: () => void): void {
    effect();
    this.#onChange();
  }
}

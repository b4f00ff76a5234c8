import { equalBytes, toHex } from '../core/bytes.js';
import type { Clock } from '../core/clock.js';
import { WaypostError } from '../core/errors.js';
import { Mutex } from '../core/mutex.js';
import { OpenPartial, rangeOfPiece } from './open-partial.js';
import {
  CONTENT_HASH_BYTES,
  DEFAULT_PARTIAL_LIMITS,
  type HeldPart,
  type PartialKey,
  type PartialLimits,
  type PartialMessage,
  type PartialStore,
  type Piece,
} from './partial-store.js';
import { RangeSet } from './ranges.js';

/** Where the bytes of partials lie while nobody has them open. Calls for one key come one after the other. */
export interface PartialBacking {
  list(): Promise<readonly { readonly key: PartialKey; readonly touchedAtMs: number }[]>;
  /** What is there, in the order in which it was appended. Nothing for a key that is not known. */
  load(key: PartialKey): Promise<readonly Piece[]>;
  /** Durable when it resolves. Throws ERR_TOO_LARGE for a message whose length it cannot write down. */
  append(key: PartialKey, pieces: readonly Piece[]): Promise<void>;
  remove(key: PartialKey): Promise<void>;
}

interface PartialsOptions {
  readonly backing: PartialBacking;
  readonly clock: Clock;
  readonly limits?: Partial<PartialLimits>;
}

interface Entry {
  readonly key: PartialKey;
  touchedAtMs: number;
  /** While it is open. */
  message: OpenPartial | undefined;
  /** From the beginning of an `open` to the end of the close: it is not to be evicted. */
  isBusy: boolean;
  /** While the last user closes: whoever opens it next waits for that. */
  closing: Promise<void> | undefined;
  readonly mutex: Mutex;
}

/** The contract's rules (limits, borrowing, one writer), over any backing. */
export async function openPartials(options: PartialsOptions): Promise<PartialStore> {
  const entries = (await options.backing.list()).map((stored): Entry => {
    return { ...stored, message: undefined, isBusy: false, closing: undefined, mutex: new Mutex() };
  });
  return new Partials(options, entries);
}

class Partials implements PartialStore {
  readonly #backing: PartialBacking;
  readonly #clock: Clock;
  readonly #limits: PartialLimits;
  readonly #entries = new Map<string, Entry>();

  constructor({ backing, clock, limits }: PartialsOptions, entries: readonly Entry[]) {
    this.#backing = backing;
    this.#clock = clock;
    this.#limits = { ...DEFAULT_PARTIAL_LIMITS, ...limits };
    for (const entry of entries) this.#entries.set(partialId(entry.key), entry);
  }

  get usage(): { partials: number; reservedBytes: number } {
    return { partials: this.#entries.size, reservedBytes: reservedBytes(this.#entries.values()) };
  }

  async open(key: PartialKey): Promise<PartialMessage> {
    checkKey(key);
    await this.expire();
    const id = partialId(key);
    await this.#entries.get(id)?.closing;
    const entry = this.#entries.get(id) ?? this.#create(id, key);
    if (entry.isBusy) throw new WaypostError('ERR_STORE_BUSY', 'this message is arriving already', { retryable: true });
    entry.isBusy = true;
    try {
      await this.#makeRoom(entry);
      return await entry.mutex.run(async () => {
        const message = new OpenPartial(entry.key, await this.#backing.load(entry.key), {
          append: (pieces) => this.#append(entry, pieces),
          remove: () => entry.mutex.run(() => this.#backing.remove(entry.key)),
          close: (closing) => this.#close(id, entry, closing),
        });
        entry.message = message;
        return message;
      });
    } catch (error) {
      entry.isBusy = false;
      throw error;
    }
  }

  async findByHash(hash: Uint8Array): Promise<readonly HeldPart[]> {
    if (hash.length < 8 || hash.length > CONTENT_HASH_BYTES) {
      throw new WaypostError('ERR_INVALID_ARGUMENT', `a hash of ${hash.length} bytes, it takes 8 to 32`);
    }
    const found = await Promise.all(
      this.#withHash(hash).map(async ([id, entry]): Promise<HeldPart> => {
        const read = () => entry.mutex.run(async () => entry.message?.pieces() ?? this.#backing.load(entry.key));
        const held = new RangeSet((await read()).map(rangeOfPiece));
        return { key: entry.key, held, read: async () => (this.#entries.get(id) === entry ? read() : []) };
      }),
    );
    return found.filter(({ held }) => held.count > 0).sort((a, b) => b.held.sizeBytes - a.held.sizeBytes);
  }

  async discardEverywhere(hash: Uint8Array): Promise<void> {
    const matching = this.#withHash(hash);
    for (const [, entry] of matching) entry.message?.doom();
    await Promise.all(matching.filter(([, entry]) => !entry.isBusy).map(([id, entry]) => this.#drop(id, entry)));
  }

  async expire(): Promise<number> {
    const oldestMs = this.#clock.nowMs() - this.#limits.maxAgeMs;
    const old = [...this.#entries].filter(([, entry]) => !entry.isBusy && entry.touchedAtMs < oldestMs);
    await Promise.all(old.map(([id, entry]) => this.#drop(id, entry)));
    return old.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#entries.values()].map((entry) => entry.message?.[Symbol.asyncDispose]()));
  }

  #create(id: string, key: PartialKey): Entry {
    const entry: Entry = {
      key: { ...key, hash: key.hash.slice() },
      touchedAtMs: this.#clock.nowMs(),
      message: undefined,
      isBusy: false,
      closing: undefined,
      mutex: new Mutex(),
    };
    this.#entries.set(id, entry);
    return entry;
  }

  /** Drops what was idle for longest until `entry`, which is in the table already, is within the limits. */
  async #makeRoom(entry: Entry): Promise<void> {
    const { maxBytesPerPeer, maxTotalBytes, maxPartials } = this.#limits;
    const { peer } = entry.key;
    const isOver = {
      peer: () => reservedBytes([...this.#entries.values()].filter(({ key }) => key.peer === peer)) > maxBytesPerPeer,
      all: () => this.#entries.size > maxPartials || reservedBytes(this.#entries.values()) > maxTotalBytes,
    };
    while (isOver.peer() || isOver.all()) {
      const mine = isOver.peer();
      const [victim] = [...this.#entries]
        .filter(([, { isBusy, key }]) => !isBusy && (!mine || key.peer === peer))
        .sort(([, a], [, b]) => a.touchedAtMs - b.touchedAtMs);
      if (victim === undefined) {
        await this.#drop(partialId(entry.key), entry);
        const what = `no room for a message of ${entry.key.lengthBytes} bytes among those that are arriving`;
        throw new WaypostError('ERR_STORE_FULL', what, { retryable: true });
      }
      await this.#drop(...victim);
    }
  }

  async #append(entry: Entry, pieces: readonly Piece[]): Promise<void> {
    await entry.mutex.run(() => this.#backing.append(entry.key, pieces));
    entry.touchedAtMs = this.#clock.nowMs();
  }

  async #close(id: string, entry: Entry, saving: Promise<boolean>): Promise<void> {
    const close = async () => {
      const isGone = await saving;
      entry.message = undefined;
      entry.touchedAtMs = this.#clock.nowMs();
      if (isGone) await this.#drop(id, entry);
      entry.isBusy = false;
      entry.closing = undefined;
    };
    entry.closing = close().catch(() => undefined); // what cannot be removed is old one day
    await entry.closing;
  }

  async #drop(id: string, entry: Entry): Promise<void> {
    if (this.#entries.get(id) === entry) this.#entries.delete(id);
    await entry.mutex.run(() => this.#backing.remove(entry.key));
  }

  #withHash(hash: Uint8Array): [string, Entry][] {
    return [...this.#entries].filter(([, { key }]) => equalBytes(key.hash.subarray(0, hash.length), hash));
  }
}

function reservedBytes(entries: Iterable<Entry>): number {
  let sum = 0;
  for (const { key } of entries) sum += key.lengthBytes;
  return sum;
}

/** The same text for the same key. */
export function partialId({ peer, hash, lengthBytes }: PartialKey): string {
  return `${toHex(hash)}:${lengthBytes}:${peer}`;
}

function checkKey({ peer, hash, lengthBytes }: PartialKey): void {
  const isSound = peer.length <= 512 && hash.length === CONTENT_HASH_BYTES && Number.isSafeInteger(lengthBytes);
  if (!isSound || lengthBytes < 0) throw new WaypostError('ERR_INVALID_ARGUMENT', 'not the key of a partial message');
}

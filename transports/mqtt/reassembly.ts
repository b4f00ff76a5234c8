import { equalBytes, toHex } from '../../src/core/bytes.js';
import { WaypostError } from '../../src/core/errors.js';
import type { PartialMessage, PartialStore } from '../../src/link/partial-store.js';
import type { Segment } from './frame-codec.js';

interface ReassemblyOptions {
  readonly partials: PartialStore;
  readonly sha256: (bytes: Uint8Array) => Uint8Array;
  readonly maxMessageBytes: number;
}

interface OpenPartial {
  readonly opening: Promise<PartialMessage>;
  users: number;
}

/**
 * Messages that come in segments. A segment is acknowledged to the broker when it is on the disk, because a broker has only so
 * many packets under way (20 by default in Mosquitto): if all were held until the last is here, the segments of two senders
 * could wait for each other for ever. The last one is acknowledged when the whole message is settled.
 */
export class Reassembly {
  readonly #options: ReassemblyOptions;
  readonly #open = new Map<string, OpenPartial>();

  constructor(options: ReassemblyOptions) {
    this.#options = options;
  }

  /**
   * Adds a segment that `peer` sent; gives the message when it is whole, else undefined once the segment is durable. Throws
   * ERR_TOO_LARGE, ERR_MESSAGE_MALFORMED when the whole has another hash, and what the store of partials throws.
   */
  async add(peer: string, segment: Segment): Promise<Uint8Array | undefined> {
    const { hash, lengthBytes, offset, bytes } = segment;
    const { maxMessageBytes, sha256 } = this.#options;
    if (lengthBytes > maxMessageBytes) {
      throw new WaypostError('ERR_TOO_LARGE', `a message of ${lengthBytes} bytes, the limit is ${maxMessageBytes}`);
    }
    const id = `${toHex(hash)}:${lengthBytes}:${peer}`;
    const open = this.#open.get(id) ?? this.#begin(id, peer, segment);
    open.users++;
    try {
      const partial = await open.opening;
      partial.write(offset, bytes);
      const whole = partial.whole();
      if (whole === undefined) await partial.checkpoint();
      else if (!equalBytes(sha256(whole), hash)) {
        await partial.reset();
        throw new WaypostError(
          'ERR_MESSAGE_MALFORMED',
          'the segments of a message do not have the hash that they name',
        );
      }
      return whole;
    } finally {
      if (--open.users === 0) await this.#close(id, open);
    }
  }

  /** The message was settled: nothing of it is needed any more. */
  async discard(hash: Uint8Array): Promise<void> {
    await this.#options.partials.discardEverywhere(hash);
  }

  #begin(id: string, peer: string, { hash, lengthBytes }: Segment): OpenPartial {
    const opening = this.#options.partials.open({ peer, hash: hash.slice(), lengthBytes });
    const open = { opening, users: 0 };
    this.#open.set(id, open);
    return open;
  }

  async #close(id: string, open: OpenPartial): Promise<void> {
    this.#open.delete(id);
    const partial = await open.opening.catch(() => undefined);
    await partial?.[Symbol.asyncDispose]();
  }
}

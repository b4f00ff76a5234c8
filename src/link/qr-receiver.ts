import { sha256 } from '@noble/hashes/sha2.js';
import { BoundedCache } from '../core/bounded-cache.js';
import { equalBytes, toHex } from '../core/bytes.js';
import { isWaypostError } from '../core/errors.js';
import { expandEnvelope } from './compact/expand.js';
import { FountainDecoder, type SymbolVerdict } from './fountain-decoder.js';
import type { Piece } from './partial-store.js';
import { decodeFrame, type MessageForm, messageIdOf, type QrFrame } from './qr-frame.js';
import { RangeSet } from './ranges.js';

interface QrReceiverOptions {
  /** Frames of longer messages are ignored. */
  readonly maxMessageBytes: number;
  /** For all messages that are not complete yet; beyond it the one that no frame came for longest is given up. */
  readonly maxHeldBytes: number;
  /** How many messages that were complete are remembered, so that an animation that goes on gives each once. */
  readonly maxRemembered: number;
}

/**
 * What a frame was good for. `foreign`: text that is no frame. `ignored`: of a message that was complete, or is too large.
 * `damaged`: all of a message is there, and it is not what its id says, so that it begins anew; or it is, and is no envelope
 * in the form that it should have.
 */
export type QrReceipt =
  | { readonly kind: 'foreign' }
  | { readonly kind: 'ignored'; readonly id: Uint8Array }
  | { readonly kind: 'damaged'; readonly id: Uint8Array }
  /** `isFirst`: the first frame of a message, and the moment to `lend` what is held of it. */
  | ({ readonly kind: 'progress'; readonly isFirst: boolean } & IncompleteMessage)
  | {
      readonly kind: 'message';
      readonly id: Uint8Array;
      /** SHA-256 of the form in which it travelled, by which other links know it. */
      readonly hash: Uint8Array;
      readonly message: Uint8Array;
    };

/** A message of which frames came, but not enough. */
export interface IncompleteMessage {
  readonly id: Uint8Array;
  readonly messageBytes: number;
  readonly missingFrames: number;
  readonly sourceFrames: number;
}

/** Messages from frames, in whatever order and of however many messages at once. Each message is checked by its id. */
export class QrReceiver {
  readonly #options: QrReceiverOptions;
  /** In the order of the last frame that was of use. */
  readonly #assemblies = new Map<string, Assembly>();
  readonly #done: BoundedCache<string, true>;
  #heldBytes = 0;

  constructor(options: QrReceiverOptions) {
    this.#options = options;
    this.#done = new BoundedCache(options.maxRemembered);
  }

  /** Takes the text of a QR code, whatever it is. */
  push(text: string): QrReceipt {
    const frame = decodeFrame(text);
    if (frame === undefined) return { kind: 'foreign' };
    const { id, messageBytes } = frame;
    const isTooLarge = messageBytes > this.#options.maxMessageBytes || costOf(frame) > this.#options.maxHeldBytes;
    if (isTooLarge || this.#done.get(nameOf(frame)) !== undefined) return { kind: 'ignored', id };
    const key = keyOf(frame);
    const known = this.#assemblies.get(key);
    const assembly = known ?? this.#open(key, frame);
    const verdict = assembly.add(frame);
    if (known !== undefined && verdict === 'used') this.#touch(key, known);
    return this.#receiptOf(key, assembly, known === undefined);
  }

  /**
   * Uses what is held of a message, of which frames have come, and which is not complete. Whoever it is from may be wrong:
   * when the message then is not what its id says, it goes on with its own frames. Undefined when there is no such message.
   */
  lend(id: Uint8Array, ranges: readonly Piece[]): QrReceipt | undefined {
    let receipt: QrReceipt | undefined;
    for (const [key, assembly] of [...this.#assemblies].filter(([, { frame }]) => equalBytes(frame.id, id))) {
      assembly.lend(ranges);
      receipt = this.#receiptOf(key, assembly, false);
      if (receipt.kind === 'message') return receipt;
    }
    return receipt;
  }

  /** Lets a message that was complete come again: whoever was to take it could not. */
  forget(id: Uint8Array): void {
    for (const form of ['raw', 'compact'] as const) this.#done.delete(nameOf({ form, id }));
  }

  /** Those that the next frames can make whole. */
  incomplete(): IncompleteMessage[] {
    return [...this.#assemblies.values()].map(progressOf);
  }

  #open(key: string, frame: QrFrame): Assembly {
    this.#heldBytes += costOf(frame);
    const assembly = new Assembly(frame);
    this.#assemblies.set(key, assembly);
    for (const oldest of this.#assemblies.keys()) {
      if (this.#heldBytes <= this.#options.maxHeldBytes) break;
      this.#close(oldest);
    }
    return assembly;
  }

  #touch(key: string, assembly: Assembly): void {
    this.#assemblies.delete(key);
    this.#assemblies.set(key, assembly);
  }

  #close(key: string): void {
    const assembly = this.#assemblies.get(key);
    if (assembly === undefined) return;
    this.#assemblies.delete(key);
    this.#heldBytes -= costOf(assembly.frame);
  }

  #receiptOf(key: string, assembly: Assembly, isFirst: boolean): QrReceipt {
    const { form, id } = assembly.frame;
    const result = assembly.take();
    if (result === undefined) return { kind: 'progress', isFirst, ...progressOf(assembly) };
    this.#close(key);
    if (result === 'damaged') return { kind: 'damaged', id };
    const name = nameOf(assembly.frame);
    this.#done.set(name, true);
    for (const [other, { frame }] of [...this.#assemblies]) if (nameOf(frame) === name) this.#close(other);
    const message = this.#expand(result, form);
    return message === undefined ? { kind: 'damaged', id } : { kind: 'message', id, hash: sha256(result), message };
  }

  #expand(bytes: Uint8Array, form: MessageForm): Uint8Array | undefined {
    if (form === 'raw') return bytes;
    try {
      return expandEnvelope(bytes, this.#options.maxMessageBytes);
    } catch (error) {
      if (isWaypostError(error)) return undefined;
      throw error;
    }
  }
}

/** With the form: bytes that claim to be in another one must not count as the message. */
function nameOf({ form, id }: Pick<QrFrame, 'form' | 'id'>): string {
  return `${form}/${toHex(id)}`;
}

/** The same message in codes of two sizes (a terminal that grew) is in two parts that cannot be put together. */
function keyOf(frame: QrFrame): string {
  return `${nameOf(frame)}/${frame.messageBytes}/${frame.symbol.length}`;
}

/** The most that a message can hold: its symbols as they came and as they were worked in, and the coefficients. */
function costOf({ messageBytes, symbol }: QrFrame): number {
  const count = Math.ceil(messageBytes / symbol.length);
  return 2 * messageBytes + count * (count + 200);
}

function progressOf({ frame, missingFrames, sourceFrames }: Assembly): IncompleteMessage {
  return { id: frame.id, messageBytes: frame.messageBytes, missingFrames, sourceFrames };
}

/** A message that is not complete yet. */
class Assembly {
  /** Any of its frames: the id and the lengths are the same in all. */
  readonly frame: QrFrame;
  /** As they came: what to go on with when something that was lent turns out to be wrong. */
  readonly #own = new Map<number, Uint8Array>();
  #decoder: FountainDecoder;
  #hasLoan = false;

  constructor(frame: QrFrame) {
    this.frame = frame;
    this.#decoder = this.#createDecoder();
  }

  get sourceFrames(): number {
    return this.#decoder.sourceSymbols;
  }

  get missingFrames(): number {
    return this.#decoder.missing;
  }

  add({ index, symbol }: QrFrame): SymbolVerdict {
    if (this.#own.has(index)) return 'redundant';
    if (this.#own.size < this.sourceFrames) this.#own.set(index, symbol);
    return this.#decoder.add(index, symbol);
  }

  lend(pieces: readonly Piece[]): void {
    const { messageBytes, symbol } = this.frame;
    // Put together first: what was saved piece by piece covers symbols that no single piece does.
    const borrowed = new Uint8Array(this.sourceFrames * symbol.length);
    const held = new RangeSet();
    for (const { offset, bytes } of pieces) {
      if (offset + bytes.length > messageBytes) continue;
      borrowed.set(bytes, offset);
      held.add(offset, offset + bytes.length);
    }
    for (let index = 0; index < this.sourceFrames; index++) {
      const start = index * symbol.length;
      const end = Math.min(start + symbol.length, messageBytes);
      if (!held.covers(start, end)) continue;
      if (this.#decoder.add(index, borrowed.subarray(start, start + symbol.length)) === 'used') this.#hasLoan = true;
    }
  }

  /** The message once it is complete. After a loan that was wrong it is incomplete again, without the loan. */
  take(): Uint8Array | 'damaged' | undefined {
    const message = this.#decoder.message();
    if (message === undefined) return undefined;
    if (equalBytes(messageIdOf(message), this.frame.id)) return message;
    if (!this.#hasLoan) return 'damaged';
    this.#hasLoan = false;
    this.#decoder = this.#createDecoder();
    for (const [index, symbol] of this.#own) this.#decoder.add(index, symbol);
    return this.take();
  }

  #createDecoder(): FountainDecoder {
    const { id, messageBytes, symbol } = this.frame;
    return new FountainDecoder({ messageBytes, symbolBytes: symbol.length, salt: id });
  }
}

import { type LineFraming, parityFraming, plainFraming } from '../../src/link/framing.js';
import type { ForwardErrorCorrection } from './address.js';

/**
 * With `auto`, a line is noisy when this many runs between delimiters were damaged within so many bytes: one error in
 * 4096 bytes. There, frames that are sent again begin to cost more than the 4 % that parity does.
 */
const NOISY_RUNS = 8;
const NOISY_WITHIN_BYTES = 32 * 1024;

/**
 * The framing of one line, as long as it is open. Both kinds are always understood. With `auto`, frames are sent plainly
 * until the line proves noisy: by what arrives here, or by parity in what arrives, which means that it proved noisy over
 * there. From then on they carry parity, as long as the line is open: a line that went quiet looks the same to both
 * sides, and neither could be the first to say so.
 */
export class LineCodec {
  readonly #plain: LineFraming;
  readonly #parity: LineFraming;
  readonly #decoder: ReturnType<LineFraming['decoder']>;
  readonly #isAuto: boolean;
  #sendsParity: boolean;
  #windowBytes = 0;
  #damagedBefore = 0;

  constructor(fec: ForwardErrorCorrection, maxFrameBytes: number) {
    this.#plain = plainFraming({ maxFrameBytes });
    this.#parity = parityFraming({ maxFrameBytes });
    this.#decoder = this.#plain.decoder();
    this.#isAuto = fec === 'auto';
    this.#sendsParity = fec === 'on';
  }

  get sendsParity(): boolean {
    return this.#sendsParity;
  }

  /** How many bytes a frame becomes more. */
  overheadBytes(frameBytes: number): number {
    return this.#sending.overheadBytes(frameBytes);
  }

  encode(frame: Uint8Array): Uint8Array {
    return this.#sending.encode(frame);
  }

  /** The good frames that `chunk` completes. */
  decode(chunk: Uint8Array): readonly Uint8Array[] {
    const frames = this.#decoder.push(chunk);
    if (this.#isAuto && !this.#sendsParity) this.#listenForNoise(chunk.length);
    return frames;
  }

  get #sending(): LineFraming {
    return this.#sendsParity ? this.#parity : this.#plain;
  }

  #listenForNoise(bytes: number): void {
    const { damagedRuns, parityFrames } = this.#decoder.counters;
    this.#sendsParity = parityFrames > 0 || damagedRuns - this.#damagedBefore >= NOISY_RUNS;
    this.#windowBytes += bytes;
    if (this.#windowBytes < NOISY_WITHIN_BYTES) return;
    this.#windowBytes = 0;
    this.#damagedBefore = damagedRuns;
  }
}

import { concatBytes } from '../core/bytes.js';
import { cobsDecode } from './cobs.js';
import { CRC32C_RESIDUE, crc32c } from './crc32c.js';
import { DELIMITER, FrameSplitter } from './frame-splitter.js';
import { parityDecode } from './parity-blocks.js';

/** How many bytes follow a frame to check it. */
export const CRC_BYTES = 4;

/** What a decoder has seen of its line. All of them only grow. */
export interface FrameCounters {
  /** Good frames without parity. */
  readonly plainFrames: number;
  /** Good frames with parity, damaged ones that could be corrected included. */
  readonly parityFrames: number;
  /** Wrong bytes in the frames that were corrected. */
  readonly correctedBytes: number;
  /** How often what stood between two delimiters gave no frame: it was damaged, or not ours. */
  readonly damagedRuns: number;
  /** Bytes of runs that were longer than any frame. */
  readonly droppedBytes: number;
}

/**
 * Finds the frames in what comes from a line: those of either kind that pass their CRC, and nothing else. A byte that
 * is hit can also be a delimiter, which makes one run of two frames, or become one, which makes two runs of a frame.
 * Long messages travel as many frames of one length, so both can be undone: a run is tried again as two, and with the run
 * before it, where that fits the length of the frame before.
 */
export class FrameDecoder {
  readonly #maxFrameBytes: number;
  readonly #splitter: FrameSplitter;
  #usualLength = 0;
  /** The run before, when it gave no frame. */
  #broken: Uint8Array | undefined;
  #plainFrames = 0;
  #parityFrames = 0;
  #correctedBytes = 0;
  #damagedRuns = 0;

  /** `maxRunBytes`: the longest encoding of a frame of `maxFrameBytes`. */
  constructor(maxFrameBytes: number, maxRunBytes: number) {
    this.#maxFrameBytes = maxFrameBytes;
    this.#splitter = new FrameSplitter(2 * maxRunBytes + 1);
  }

  /** So far. */
  get counters(): FrameCounters {
    return {
      plainFrames: this.#plainFrames,
      parityFrames: this.#parityFrames,
      correctedBytes: this.#correctedBytes,
      damagedRuns: this.#damagedRuns,
      droppedBytes: this.#splitter.droppedBytes,
    };
  }

  /** The good frames that `chunk` completes, in their order and without their CRC. They are copies. */
  push(chunk: Uint8Array): Uint8Array[] {
    return this.#splitter.push(chunk).flatMap((run) => this.#framesIn(run));
  }

  #framesIn(run: Uint8Array): readonly Uint8Array[] {
    const frame = this.#open(run);
    if (frame !== undefined) {
      this.#usualLength = run.length;
      this.#broken = undefined;
      return [frame];
    }
    const frames = this.#openCut(run) ?? this.#openJoined(run);
    this.#broken = frames.length === 0 ? run : undefined;
    if (frames.length === 0) this.#damagedRuns++;
    return frames;
  }

  /** A frame of which a byte became a delimiter. */
  #openCut(run: Uint8Array): readonly Uint8Array[] | undefined {
    if (this.#broken === undefined || this.#broken.length + 1 + run.length !== this.#usualLength) return undefined;
    const frame = this.#open(concatBytes(this.#broken, Uint8Array.of(DELIMITER), run));
    return frame === undefined ? undefined : [frame];
  }

  /** Two frames whose delimiter became another byte. One of them may be damaged too. */
  #openJoined(run: Uint8Array): readonly Uint8Array[] {
    for (const cut of [this.#usualLength, run.length - 1 - this.#usualLength]) {
      if (cut < 1 || cut > run.length - 2) continue;
      const parts = [run.subarray(0, cut), run.subarray(cut + 1)];
      const frames = parts.map((part) => this.#open(part)).filter((frame) => frame !== undefined);
      if (frames.length > 0) return frames;
    }
    return [];
  }

  #open(run: Uint8Array): Uint8Array | undefined {
    const plain = this.#checked(cobsDecode(run));
    if (plain !== undefined) {
      this.#plainFrames++;
      return plain;
    }
    const corrected = parityDecode(run);
    const frame = this.#checked(corrected?.bytes);
    if (corrected === undefined || frame === undefined) return undefined;
    this.#parityFrames++;
    this.#correctedBytes += corrected.correctedBytes;
    return frame;
  }

  /** `bytes` without their CRC, where it is right. */
  #checked(bytes: Uint8Array | undefined): Uint8Array | undefined {
    if (bytes === undefined || bytes.length <= CRC_BYTES) return undefined;
    if (bytes.length > this.#maxFrameBytes + CRC_BYTES || crc32c(bytes) !== CRC32C_RESIDUE) return undefined;
    return bytes.subarray(0, -CRC_BYTES);
  }
}

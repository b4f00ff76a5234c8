import type { Measurement } from './senml.js';
import type { Epoch, FrameNumber } from './wire.js';

/** A reading as a device keeps it. */
export interface Sample {
  readonly measurements: readonly Measurement[];
  /** On the clock of the device. */
  readonly uptimeS: number;
}

/** A frame that was made; it never changes, or its number would stand for two things. */
export interface Frame {
  readonly number: FrameNumber;
  readonly epoch: Epoch;
  readonly bytes: Uint8Array;
  /** SHA-256 of `bytes`, base64url. */
  readonly hash: string;
  /** None in a report on a command. */
  readonly samples: readonly Sample[];
  /** The number of the command that it reports on. */
  readonly reportsOn?: number;
}

/** A frame that waits for its answer. */
export interface Outstanding {
  readonly frame: Frame;
  /** How often it was sent on this boot. */
  tries: number;
  /** When it is sent again, on the time of whoever runs the device. */
  dueMs: number;
}

/**
 * What a device keeps until the gateway has it: frames that are not acknowledged, in the order of their numbers, and
 * readings that are in no frame yet. Together they hold so many readings; then the oldest that is in no frame is overwritten.
 */
export class Ring {
  readonly outstanding: Outstanding[] = [];
  readonly #samples: Sample[] = [];
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Readings in no frame. */
  get waiting(): number {
    return this.#samples.length;
  }

  /** All readings. */
  get size(): number {
    return this.outstanding.reduce((sum, { frame }) => sum + frame.samples.length, this.waiting);
  }

  /** Gives how many readings were lost for this one. */
  add(sample: Sample): number {
    this.#samples.push(sample);
    return this.#overwrite();
  }

  /** The oldest readings that are in no frame: they are in one now. */
  take(count: number): readonly Sample[] {
    return this.#samples.splice(0, count);
  }

  /** Forgets a frame; undefined for one that is not here. */
  remove(number: FrameNumber): Frame | undefined {
    const at = this.outstanding.findIndex(({ frame }) => isSame(frame.number, number));
    return at < 0 ? undefined : this.outstanding.splice(at, 1)[0]?.frame;
  }

  /** Dissolves frames: their readings go into others. Gives how many readings were lost. */
  dissolve(frames: readonly Frame[]): number {
    for (const { number } of frames) this.remove(number);
    this.#samples.unshift(...frames.flatMap(({ samples }) => samples));
    return this.#overwrite();
  }

  /** The power went, and nothing is kept without it. Gives how many readings were lost. */
  clear(): number {
    const lost = this.size;
    this.outstanding.length = 0;
    this.#samples.length = 0;
    return lost;
  }

  #overwrite(): number {
    const over = Math.min(Math.max(0, this.size - this.#capacity), this.#samples.length);
    this.#samples.splice(0, over);
    return over;
  }
}

function isSame(a: FrameNumber, b: FrameNumber): boolean {
  return a.epoch === b.epoch && a.counter === b.counter;
}

import type { Scheduler } from '../../src/core/scheduler.js';
import { channelClosed } from '../../src/transport/arrival.js';
import { BoundedQueue } from '../../src/transport/bounded-queue.js';
import type { Timers } from '../../src/transport/reconnect.js';
import type { Intercept } from '../faults.js';
import type { LinkProfile } from '../profiles.js';
import type { Random } from '../random.js';
import { Direction } from './direction.js';
import type { End } from './pty-line.js';

export interface MemoryLineOptions {
  readonly profile: LinkProfile;
  readonly random: Random;
  readonly timers: Timers;
  readonly scheduler: Scheduler;
  /** For what a profile cannot say; one for both directions. */
  readonly intercept?: Intercept;
}

/** A serial port that exists in this process only. The same shape as a real one that is open. */
export interface SimulatedPort extends AsyncIterable<Uint8Array>, AsyncDisposable {
  /** Resolves when the bytes are on the wire. Throws ERR_CHANNEL_CLOSED (retryable). */
  write(bytes: Uint8Array): Promise<void>;
}

export interface MemoryLine extends AsyncDisposable {
  /** Opens an end; one that was open is hung up on, as nobody else has it. */
  open(end: End): SimulatedPort;
}

/** Chunks that an end holds which nobody reads; a piece of the wire is one. */
const UNREAD_CHUNKS = 4096;

/** A simulated line where there are no pseudo terminals. */
export function createMemoryLine(options: MemoryLineOptions): MemoryLine {
  const readers: [BoundedQueue<Uint8Array> | undefined, BoundedQueue<Uint8Array> | undefined] = [undefined, undefined];
  const directionTo = (far: End): Direction =>
    new Direction({ ...options, deliver: (bytes) => void readers[far]?.push(bytes) });
  const directions = [directionTo(1), directionTo(0)] as const;
  return {
    open(end) {
      readers[end]?.end();
      const reader = new BoundedQueue<Uint8Array>(UNREAD_CHUNKS);
      readers[end] = reader;
      return {
        async write(bytes) {
          if (reader.ended) throw channelClosed('the simulated port is closed');
          await directions[end].write(bytes);
        },
        [Symbol.asyncIterator]: () => reader[Symbol.asyncIterator](),
        async [Symbol.asyncDispose]() {
          reader.clear();
        },
      };
    },
    async [Symbol.asyncDispose]() {
      for (const direction of directions) direction[Symbol.dispose]();
      for (const reader of readers) reader?.end();
    },
  };
}

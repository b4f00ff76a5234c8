import type { Scheduler } from '../../src/core/scheduler.js';
import type { Timers } from '../../src/transport/reconnect.js';
import type { Intercept } from '../faults.js';
import type { LinkProfile } from '../profiles.js';
import type { Random } from '../random.js';
import { Direction } from './direction.js';
import { openPty, type Pty } from './pty.js';

export interface PtyLineOptions {
  /** Where the two ends are to be. */
  readonly paths: readonly [string, string];
  readonly profile: LinkProfile;
  readonly random: Random;
  readonly timers: Timers;
  readonly scheduler: Scheduler;
  /** For what a profile cannot say; one for both directions. */
  readonly intercept?: Intercept;
}

/** An end of a line: the first or the second of its paths. */
export type End = 0 | 1;

/** Two serial ports of this machine with a simulated line between them. */
export interface PtyLine extends AsyncDisposable {
  readonly paths: readonly [string, string];
  /** Takes an end out of its socket: its path vanishes, whoever has it open is hung up on. */
  unplug(end: End): Promise<void>;
  /** Puts it in again, at the same path. */
  plug(end: End): Promise<void>;
}

/** What an end holds that nobody reads; a real port has less. */
const UNREAD_BYTES = 64 * 1024;

/** Throws ERR_SERIAL_PORT where pseudo terminals cannot be had. */
export async function openPtyLine(options: PtyLineOptions): Promise<PtyLine> {
  const { paths } = options;
  const ends: [Pty | undefined, Pty | undefined] = [undefined, undefined];
  const directionTo = (far: End): Direction =>
    new Direction({ ...options, deliver: (bytes) => give(ends[far], bytes) });
  const directions = [directionTo(1), directionTo(0)] as const;

  const plug = async (end: End): Promise<void> => {
    const pty = await openPty(paths[end]);
    ends[end] = pty;
    void relay(pty, directions[end]);
  };
  const unplug = async (end: End): Promise<void> => {
    const pty = ends[end];
    ends[end] = undefined;
    await pty?.[Symbol.asyncDispose]();
  };
  const close = async (): Promise<void> => {
    for (const direction of directions) direction[Symbol.dispose]();
    await Promise.all([unplug(0), unplug(1)]);
  };
  try {
    await plug(0);
    await plug(1);
  } catch (error) {
    await close();
    throw error;
  }
  return { paths, unplug, plug, [Symbol.asyncDispose]: close };
}

/** Reads no faster than the line carries: what is written to a busy line waits in the terminal, as in a real one. */
async function relay(pty: Pty, direction: Direction): Promise<void> {
  try {
    for await (const chunk of pty.output) await direction.write(chunk as Uint8Array);
  } catch {
    // Unplugged in the middle of a chunk.
  }
}

/** Nobody is plugged in, or reads: the bytes are lost, as they would be. */
function give(end: Pty | undefined, bytes: Uint8Array): void {
  if (end !== undefined && end.input.writableLength < UNREAD_BYTES) end.input.write(bytes);
}

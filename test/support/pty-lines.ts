import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Intercept } from '../../firmware-sim/faults.js';
import { hasPtys } from '../../firmware-sim/line/pty.js';
import { openPtyLine, type PtyLine } from '../../firmware-sim/line/pty-line.js';
import { LINK_PROFILES, type LinkProfile } from '../../firmware-sim/profiles.js';
import { seededRandom } from '../../firmware-sim/random.js';
import { createScheduler } from '../../src/core/scheduler.js';
import { createTimers } from '../../src/transport/timers.js';

/** False where there is no socat. With WAYPOST_CI=1 that is a failure. */
export function canMakePtys(): boolean {
  const can = hasPtys();
  if (!can && process.env.WAYPOST_CI === '1') throw new Error('the tests of serial lines need socat(1)');
  return can;
}

export const scheduler = createScheduler();
export const timers = createTimers(scheduler, () => performance.now());

/** As fast as a pseudo terminal goes, without faults: for tests of something else than speed. */
export const UNHURRIED: LinkProfile = { ...LINK_PROFILES.fast, baudRate: 4_000_000, latencyMs: 0 };

export interface TestLine extends PtyLine {
  /** Addresses of its two ends. */
  readonly addresses: readonly [`serial:${string}`, `serial:${string}`];
}

/** Two serial ports in a folder of their own. */
export async function openTestLine(
  profile: LinkProfile = UNHURRIED,
  options: { readonly seed?: number; readonly intercept?: Intercept } = {},
): Promise<TestLine> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'waypost-tty-'));
  const random = seededRandom(options.seed ?? 1);
  const paths = [path.join(folder, 'gateway'), path.join(folder, 'device')] as const;
  const line = await openPtyLine({ ...options, paths, profile, random, timers, scheduler });
  const address = (end: 0 | 1) => `serial:${paths[end]}?baudRate=${profile.baudRate}` as const;
  return {
    ...line,
    addresses: [address(0), address(1)],
    async [Symbol.asyncDispose]() {
      await line[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

import path from 'node:path';
import type { OpenSerialPort } from '../../../transports/index.js';
import { createScheduler } from '../../core/scheduler.js';
import { createTimers } from '../../transport/timers.js';
import type { Address } from '../../transport/transport.js';
import type { Cleanup } from '../run/cleanup.js';

/** A simulated serial line with a gateway at its one end and a device at the other. */
export interface DemoLine {
  readonly gateway: Address;
  readonly device: Address;
  /** What it is like, in words. */
  readonly description: string;
  /** Opens both ends where they are no ports of this machine. */
  readonly openPort: OpenSerialPort | undefined;
}

const SEED = 1;

/** Between two pseudo terminals where socat is installed; otherwise in the memory of this process. */
export async function openDemoLine(folder: string, cleanup: Cleanup): Promise<DemoLine> {
  const { createMemoryLine, hasPtys, LINK_PROFILES, openPtyLine, seededRandom } = await import(
    '../../../firmware-sim/index.js'
  );
  const profile = LINK_PROFILES['noisy-115200'];
  const scheduler = createScheduler();
  const timers = createTimers(scheduler, () => performance.now());
  const line = { profile, random: seededRandom(SEED), timers, scheduler };
  const paths = [path.join(folder, 'tty-gateway'), path.join(folder, 'tty-thermometer')] as const;
  const addressOf = (end: string): Address => `serial:${encodeURI(end)}?baudRate=${profile.baudRate}`;
  const addresses = { gateway: addressOf(paths[0]), device: addressOf(paths[1]) };
  if (hasPtys()) {
    cleanup.use(await openPtyLine({ ...line, paths }));
    return { ...addresses, description: 'between two pseudo terminals', openPort: undefined };
  }
  const memory = cleanup.use(createMemoryLine(line));
  const description = 'in memory, because socat is not installed and without it there are no pseudo terminals';
  return { ...addresses, description, openPort: async ({ path: end }) => memory.open(end === paths[0] ? 0 : 1) };
}

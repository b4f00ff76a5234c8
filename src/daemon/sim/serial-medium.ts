import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { hasPtys, LINK_PROFILES, type LinkProfile, openPtyLine, seededRandom } from '../../../firmware-sim/index.js';
import { WaypostError } from '../../core/errors.js';
import { silentLogger } from '../../core/logger.js';
import { createScheduler } from '../../core/scheduler.js';
import { createMemoryPartials } from '../../link/memory-partials.js';
import { createTimers } from '../../transport/timers.js';
import type { Address } from '../../transport/transport.js';
import type { Cleanup } from '../run/cleanup.js';
import { openSerial } from '../run/links.js';
import type { DeviceMedium, MediumOptions } from './medium.js';
import { findProfile } from './profile.js';

/** Of what a small device takes. */
const MAX_MESSAGE_BYTES = 256 * 1024;

/** A device on a serial port: a real one, or one end of a simulated line. Throws ERR_USAGE where there is no socat. */
export async function openSerialMedium(options: MediumOptions, cleanup: Cleanup): Promise<DeviceMedium> {
  const { address, instructions } = options.port === undefined ? await openLine(options, cleanup) : realPort(options);
  const partials = cleanup.use(await createMemoryPartials({ clock: { nowMs: () => Date.now() } }));
  const transport = await openSerial({
    stationName: randomUUID(),
    maxMessageBytes: MAX_MESSAGE_BYTES,
    partials,
    logger: silentLogger,
    openPort: undefined,
  });
  return { isOneWay: false, instructions, dial: (abort) => transport.dial(address, abort) };
}

interface DevicePort {
  readonly address: Address;
  readonly instructions: readonly string[];
}

function realPort({ port = '', profile }: MediumOptions): DevicePort {
  if (profile !== undefined) {
    throw new WaypostError('ERR_USAGE', '--profile is of a simulated line; a real port (--port) is as good as it is');
  }
  return { address: port.startsWith('serial:') ? `serial:${port.slice(7)}` : `serial:${port}`, instructions: [] };
}

async function openLine({ pty, profile: name, seed }: MediumOptions, cleanup: Cleanup): Promise<DevicePort> {
  const profile = findProfile<LinkProfile>(LINK_PROFILES, name ?? 'clean');
  if (!hasPtys()) {
    const how = 'install it (sudo apt install socat), or give a real port with --port';
    throw new WaypostError('ERR_USAGE', `a simulated line needs socat: ${how}`);
  }
  const folder = await mkdtemp(path.join(os.tmpdir(), 'waypost-sim-'));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const scheduler = createScheduler();
  const timers = createTimers(scheduler, () => performance.now());
  const gateway = path.resolve(pty ?? path.join(folder, 'gateway'));
  const device = path.join(folder, 'device');
  const random = seededRandom(seed);
  cleanup.use(await openPtyLine({ paths: [gateway, device], profile, random, timers, scheduler }));
  const addressOf = (end: string): Address => `serial:${encodeURI(end)}?baudRate=${profile.baudRate}`;
  return {
    address: addressOf(device),
    instructions: [
      `A serial line is simulated: ${profile.description}. Start the gateway at its other end:`,
      `  waypost start --listen '${addressOf(gateway)}'`,
    ],
  };
}

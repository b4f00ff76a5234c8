import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  hasBluetoothPackages,
  hasPtys,
  keepRealTime,
  openPty,
  Place,
  packagesOn,
  RADIO_PROFILES,
  type RadioProfile,
  seededRandom,
  serveUart,
} from '../../../firmware-sim/index.js';
import { type BluetoothPackages, openBle } from '../../../transports/index.js';
import { quote, WaypostError } from '../../core/errors.js';
import { silentLogger } from '../../core/logger.js';
import { createScheduler } from '../../core/scheduler.js';
import { createMemoryPartials } from '../../link/memory-partials.js';
import type { Cleanup } from '../run/cleanup.js';
import { linkOptions } from '../run/link-options.js';
import type { DeviceMedium, Dial, MediumOptions } from './medium.js';
import { findProfile } from './profile.js';

/** Of what a phone takes. */
const MAX_MESSAGE_BYTES = 1024 * 1024;
/**
 * Before the adapter vanishes. The gateway's serial port notices that while it waits for something to read; in the middle
 * of reading it would read on for ever, with a whole core.
 */
const QUIET_MS = 300;
/** By which the packages of the gateway find the UART of an adapter, instead of the adapters of its kernel. */
const UART_VARIABLE = 'BLUETOOTH_HCI_SOCKET_UART_PORT';

/**
 * Phones, which look for the gateway by Bluetooth: one through a real adapter, or any number through simulated ones beside
 * another that the gateway can use. Throws ERR_USAGE, and ERR_PACKAGE_MISSING.
 */
export async function openBleMedium(options: MediumOptions, cleanup: Cleanup): Promise<DeviceMedium> {
  const radio = options.port === undefined ? await simulateRadio(options, cleanup) : useAdapter(options.port, options);
  const { packages, mtu, ...medium } = radio;
  const [dial, ...others] = await Promise.all(packages.map((own) => openPhone(options, own, mtu, cleanup)));
  if (dial === undefined) throw new WaypostError('ERR_USAGE', 'there has to be a phone: --phones 1');
  return { ...medium, isOneWay: false, dial, others };
}

async function openPhone(
  { transport: scheme }: MediumOptions,
  packages: BluetoothPackages | 'stoprocent',
  mtu: number,
  cleanup: Cleanup,
): Promise<Dial> {
  const station = {
    stationName: randomUUID(),
    maxMessageBytes: MAX_MESSAGE_BYTES,
    partials: cleanup.use(await createMemoryPartials({ clock: { nowMs: () => Date.now() } })),
    logger: silentLogger,
  };
  const ble = cleanup.use(await openBle({ ...linkOptions(station), packages }));
  const transport = scheme === 'ble' ? ble.native : ble.dif;
  return (abort) => transport.dial(`${scheme}:?mtu=${mtu}`, abort);
}

interface PhoneRadio extends Pick<DeviceMedium, 'instructions' | 'gone'> {
  /** For each phone. */
  readonly packages: readonly (BluetoothPackages | 'stoprocent')[];
  readonly mtu: number;
}

function useAdapter(port: string, { profile, phones = 1 }: MediumOptions): PhoneRadio {
  const [, index] = /^hci(\d{1,3})$/.exec(port) ?? [];
  if (index === undefined) {
    throw new WaypostError('ERR_USAGE', `${quote(port)} is no Bluetooth adapter: --port hci0`);
  }
  if (profile !== undefined) {
    throw new WaypostError(
      'ERR_USAGE',
      '--profile is of a simulated radio; a real adapter (--port) is as good as it is',
    );
  }
  if (phones > 1) throw new WaypostError('ERR_USAGE', `${quote(port)} is the adapter of one phone, not of ${phones}`);
  process.env.NOBLE_HCI_DEVICE_ID = index; // read by the package when it is loaded, and by nothing before
  return { packages: ['stoprocent'], mtu: RADIO_PROFILES.near.mtu, instructions: [] };
}

async function simulateRadio(options: MediumOptions, cleanup: Cleanup): Promise<PhoneRadio> {
  const { phones = 1 } = options;
  const profile = findProfile<RadioProfile>(RADIO_PROFILES, options.profile ?? 'near');
  if (!hasBluetoothPackages()) {
    const message =
      '@stoprocent/noble and @stoprocent/bleno are not installed here: npm install --ignore-scripts @stoprocent/noble @stoprocent/bleno';
    throw new WaypostError('ERR_PACKAGE_MISSING', message);
  }
  if (!hasPtys()) {
    const how = 'install it (sudo apt install socat), or give a real adapter with --port';
    throw new WaypostError('ERR_USAGE', `a simulated adapter needs socat: ${how}`);
  }
  const place = new Place(profile, seededRandom(options.seed));
  const time = keepRealTime(place.timeline, { scheduler: createScheduler(), monotonicMs: () => performance.now() });
  cleanup.defer(() => time[Symbol.dispose]());
  const gateway = place.addGateway();
  const port = path.resolve(options.pty ?? path.join(await ownFolder(cleanup), 'gateway'));
  const pty = cleanup.use(await openPty(port));
  cleanup.defer(() => sleep(QUIET_MS));
  const onNonsense = () =>
    options.warn(
      `What came over ${port} is no HCI. It is an adapter for "waypost start --listen ble:", not a serial line.`,
    );
  const gone = new AbortController();
  void serveUart({ computer: gateway, pty, onNonsense }).then(() =>
    gone.abort(new WaypostError('ERR_SERIAL_PORT', `the simulated adapter at ${quote(port, 200)} is gone`)),
  );
  return {
    packages: Array.from({ length: phones }, () => packagesOn(place.addPhone().computer)),
    mtu: profile.mtu,
    gone: gone.signal,
    instructions: [
      `${phones === 1 ? 'A phone is' : `${phones} phones are`} simulated, and an adapter for the gateway: ${profile.description}. Start the gateway with it:`,
      `  ${UART_VARIABLE}=${quoted(port)} waypost start --listen ${options.transport}:`,
    ],
  };
}

async function ownFolder(cleanup: Cleanup): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'waypost-sim-'));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** For a shell. */
function quoted(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

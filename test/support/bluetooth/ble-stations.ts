import { hciSocketClass } from '../../../firmware-sim/bluetooth/hci-socket.js';
import { loadBluetoothPackage } from '../../../firmware-sim/bluetooth/packages.js';
import type { Timeline } from '../../../firmware-sim/bluetooth/timeline.js';
import { silentLogger } from '../../../src/core/logger.js';
import { createMemoryPartials } from '../../../src/link/memory-partials.js';
import type { Channel, Transport } from '../../../src/transport/transport.js';
import type { PackageLoader } from '../../../transports/ble/open-packages.js';
import { ABANDONWARE, STOPROCENT } from '../../../transports/ble/package-types.js';
import { type Ble, type BleOptions, createBle } from '../../../transports/ble/transport.js';
import type { TransportFixture } from '../../conformance/transport-connection.js';
import { primitives } from '../station.js';
import type { Family } from './packages.js';
import { World } from './world.js';

export type Device = ReturnType<World['device']>;

/** What a station of a test is made with. */
export interface StationOptions extends Partial<Omit<BleOptions, 'packages'>> {
  readonly family?: Family;
}

/** The transports of one process on a device of a simulated place, with its time. */
export async function openBle(
  world: Pick<World, 'timeline'>,
  device: Pick<Device, 'computer'>,
  options: StationOptions = {},
): Promise<Ble> {
  const { family = 'stoprocent', limits, ...others } = options;
  const maxMessageBytes = limits?.maxMessageBytes ?? 256 * 1024;
  return createBle({
    scheduler: world.timeline,
    now: () => world.timeline.nowMs(),
    random: Math.random,
    sha256: (bytes) => primitives.sha256(bytes),
    partials: await createMemoryPartials({ clock: { nowMs: () => Date.now() } }),
    logger: silentLogger,
    stationId: primitives.randomBytes(16),
    ...others,
    limits: { maxMessageBytes, creditBytes: 2 * maxMessageBytes, ...limits },
    packages: packagesOf(device, family),
  });
}

/** The packages of a family, on the adapter of a device. */
export function packagesOf(device: Pick<Device, 'computer'>, family: Family): PackageLoader {
  const load = (role: 'noble' | 'bleno') =>
    Promise.resolve(loadBluetoothPackage(`@${family}/${role}`, hciSocketClass(device.computer)));
  return {
    family: family === 'stoprocent' ? STOPROCENT : ABANDONWARE,
    loadNoble: () => load('noble'),
    loadBleno: () => load('bleno'),
  };
}

/** Lets time pass as fast as it goes until disposed. */
function runFreely(timeline: Timeline): Disposable {
  let isRunning = true;
  const step = () => {
    if (!isRunning) return;
    timeline.step();
    setImmediate(step); // between two steps everything runs that needs no time
  };
  step();
  return {
    [Symbol.dispose]() {
      isRunning = false;
    },
  };
}

interface PairOptions {
  readonly scheme: 'ble' | 'ble-dif';
  readonly mtu: number;
  readonly family?: Family;
}

/** A gateway and a phone in one place, looking like one transport: what dials is the phone. */
export async function bleFixture({ scheme, mtu, family = 'stoprocent' }: PairOptions): Promise<TransportFixture> {
  const world = new World();
  const running = runFreely(world.timeline);
  const gateway = await openBle(world, world.device(), { family, maxMtu: mtu });
  const phone = await openBle(world, world.device(), { family, connectTimeoutMs: 5000 });
  const [near, far] = scheme === 'ble' ? [gateway.native, phone.native] : [gateway.dif, phone.dif];
  return {
    transport: {
      ...near,
      dial: (address, options) => far.dial(address.includes('?') ? address : `${address}?mtu=${mtu}`, options),
    },
    listenAddress: `${scheme}:`,
    deadAddress: `${scheme}:aa:aa:aa:aa:aa:aa?mtu=${mtu}`,
    patienceMs: 60_000,
    scheduler: world.timeline,
    async [Symbol.asyncDispose]() {
      await Promise.all([gateway[Symbol.asyncDispose](), phone[Symbol.asyncDispose]()]);
      running[Symbol.dispose]();
    },
  };
}

/** Accepts all that comes, and says in hexadecimal digits what, each time that it came. */
export async function takeAll(transport: Transport, address: 'ble:' | 'ble-dif:') {
  const listener = await transport.listen(address);
  const taken: string[] = [];
  const channels: Channel[] = [];
  const take = async (channel: Channel) => {
    channels.push(channel);
    for await (const arrival of channel) {
      taken.push(Buffer.from(arrival.bytes).toString('hex'));
      await arrival.accept().catch(() => undefined); // the peer may be gone, and then sends it again
    }
  };
  void (async () => {
    for await (const channel of listener) void take(channel);
  })();
  return { taken, channels };
}

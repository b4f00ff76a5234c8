import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeviceClock } from '../../../src/core/clock.js';
import { silentLogger } from '../../../src/core/logger.js';
import { createGateway, type Gateway } from '../../../src/gateway/gateway.js';
import type { GatewayOptions } from '../../../src/gateway/options.js';
import { openPartialFiles } from '../../../src/link/node/partial-files.js';
import type { PartialStore } from '../../../src/link/partial-store.js';
import { knownRotations } from '../../../src/protocols/mediation/known-rotations.js';
import { PROTOCOL_SPACES } from '../../../src/protocols/mediation/spaces.js';
import type { MessageStore } from '../../../src/store/message-store.js';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite-store.js';
import type { Ble } from '../../../transports/ble/transport.js';
import { envelopesOf, newIdentity, primitives, resolver } from '../station.js';
import { bundledWorker } from '../store-worker.js';
import { type Device, openBle, type StationOptions } from './ble-stations.js';
import type { World } from './world.js';

const MIB = 1024 * 1024;

interface BleGatewayOptions {
  readonly device?: Device;
  readonly ble?: StationOptions;
  readonly relay?: GatewayOptions['relay'];
}

/** A gateway with both Bluetooth profiles, in a simulated place, on a real disk. */
interface BleGateway extends AsyncDisposable {
  readonly did: string;
  readonly device: Device;
  readonly ble: Ble;
  readonly gateway: Gateway;
  readonly store: MessageStore;
  readonly partials: PartialStore;
}

/** To be opened and disposed within `world.run`: closing connections takes simulated time. */
export async function openBleGateway(world: World, options: BleGatewayOptions = {}): Promise<BleGateway> {
  const folder = await world.realWork.during(mkdtemp(join(tmpdir(), 'waypost-ble-')));
  const clock = clockOf(world);
  const opening = openSqliteStore({
    path: join(folder, 'store.db'),
    clock,
    spaces: PROTOCOL_SPACES,
    worker: bundledWorker(),
  });
  const store = world.realWork.watch((await world.realWork.during(opening)).store);
  const openingFiles = openPartialFiles({ folder: join(folder, 'partials'), clock });
  const partials = world.realWork.watch(await world.realWork.during(openingFiles));
  const identity = newIdentity();
  const device = options.device ?? world.device();
  const limits = { maxMessageBytes: MIB, ...options.ble?.limits };
  const ble = await openBle(world, device, { did: identity.did, partials, ...options.ble, limits });
  const gateway = createGateway({
    dids: [identity.did],
    primitives,
    envelopes: envelopesOf([identity], { isKnownRotation: knownRotations(store, (did) => resolver.canonical(did)) }),
    resolver,
    store,
    transports: [ble.native, ble.dif],
    clock,
    scheduler: world.timeline,
    random: () => 0.5,
    logger: silentLogger,
    ...(options.relay === undefined ? {} : { relay: options.relay }),
  });
  const serving = [
    gateway.serve(await ble.native.listen('ble:')),
    gateway.serve(await ble.dif.listen('ble-dif:')),
    gateway.start(),
  ];
  return {
    did: identity.did,
    device,
    ble,
    gateway,
    store,
    partials,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await Promise.all(serving);
      await ble[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
      await partials[Symbol.asyncDispose]();
      await world.realWork.during(rm(folder, { recursive: true }));
    },
  };
}

/** The time of a simulated place, for whoever asks what day it is. */
function clockOf({ timeline }: World): DeviceClock {
  const startMs = Date.UTC(2026, 0, 1);
  const monotonicMs = () => Math.floor(timeline.nowMs());
  return {
    bootId: 'boot-1',
    nowMs: () => startMs + monotonicMs(),
    monotonicMs,
    quality: () => 'ntp',
  };
}

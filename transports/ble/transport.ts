import { compactEnvelope } from '../../src/link/compact/compact.js';
import { expandEnvelope } from '../../src/link/compact/expand.js';
import { DEFAULT_LINK_LIMITS, type LinkTransportOptions, linkTransport } from '../../src/transport/link-transport.js';
import type { Listener, Transport } from '../../src/transport/transport.js';
import { type AdapterObstacle, adapterObstacle } from './adapter-state.js';
import { createDifTransport } from './dif-transport.js';
import { GattClient } from './gatt-client.js';
import { GattServer } from './gatt-server.js';
import { encodeInformation, stationText } from './information.js';
import { createNativeDriver } from './native-driver.js';
import { createOpeners, type PackageLoader } from './open-packages.js';
import type { AdapterState, OpenPeripheral, RadioConnection } from './ports.js';
import { PresentStations } from './present-stations.js';
import type { SeekOptions } from './seek-rules.js';
import { Seeker } from './seeker.js';
import { ConnectionSlots, DEFAULT_SLOT_LIMITS, type SlotLimits, type SlotUse } from './slots.js';

export interface BleOptions extends Omit<LinkTransportOptions, 'onPeer'> {
  /** Which packages. Default: those of stoprocent. */
  readonly packages?: 'stoprocent' | 'abandonware' | PackageLoader;
  /** Of this station, for whoever asks; it proves nothing. */
  readonly did?: string;
  readonly slots?: Partial<SlotLimits>;
  /** Whom to connect to without being told. Default: nobody. */
  readonly seek?: SeekOptions;
  /** How long `dial` looks for a peripheral and connects. Default: 20 seconds. */
  readonly connectTimeoutMs?: number;
  /** Lets a bleno agree to an MTU above its own limit of 256, up to 517. */
  readonly maxMtu?: number;
}

/** Bluetooth LE in this process. Disposing gives the adapter back; it cannot be opened again by the same process. */
export interface Ble extends AsyncDisposable {
  /** `ble:`, waypost's own profile: messages of the link protocol, which are resumed and acknowledged. */
  readonly native: Transport;
  /** `ble-dif:`, the profile of phones: neither resumed nor acknowledged. */
  readonly dif: Transport;
  /** Of the peripheral's adapter; of the central's where nobody listens. */
  readonly state: AdapterState;
  /** What is wrong with it, and the command that helps. */
  readonly obstacle: AdapterObstacle | undefined;
  readonly slotUse: SlotUse;
  /** Who is connected to the radio at this moment, in either role. */
  readonly connections: readonly RadioConnection[];
  /** Begins to connect to whom `seek` names; channels to them, as they come. Once; without `seek` nobody is found. */
  seek(): Listener;
}

const CONNECT_TIMEOUT_MS = 20_000;

/** DIDComm over Bluetooth LE (docs/transports/ble.md). Packages are loaded when somebody dials or listens. */
export async function createBle(options: BleOptions): Promise<Ble> {
  const { scheduler, now, logger, did, maxMtu } = options;
  const limits = { ...DEFAULT_LINK_LIMITS, ...options.limits };
  const loader = await loaderOf(options.packages ?? 'stoprocent');
  const { maxMessageBytes } = limits;
  const openers = createOpeners({ loader, scheduler, now, logger, ...(maxMtu === undefined ? {} : { maxMtu }) });
  const slots = new ConnectionSlots({ limits: { ...DEFAULT_SLOT_LIMITS, ...options.slots }, scheduler, now });
  const client = new GattClient({
    ...openers,
    slots,
    onReset: () => server.advertiseAgain(),
    scheduler,
    connectTimeoutMs: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
  });
  // A noble that starts resets its adapter, and cuts off whoever a bleno on the same one has connected by then.
  const openAfterCentral: OpenPeripheral = async (peripheral) => {
    await client.start();
    return openers.openPeripheral(peripheral);
  };
  const ownStation = stationText(options.stationId);
  const server: GattServer = new GattServer({
    openPeripheral: options.seek === undefined ? openers.openPeripheral : openAfterCentral,
    information: encodeInformation({ did, maxMessageBytes, station: ownStation, seeks: options.seek !== undefined }),
    slots,
    scheduler,
    logger,
  });
  const present = new PresentStations();
  const native = linkTransport(createNativeDriver(client, server), {
    transform: { encode: compactEnvelope, decode: expandEnvelope },
    ...options,
    onPeer: (peer) => present.add(peer),
  });
  const findState = () => (server.state === 'unknown' ? (client.state ?? 'unknown') : server.state);
  const seek = options.seek ?? { whom: [], canonical: (text: string) => text };
  return {
    native,
    dif: createDifTransport(client, server, maxMessageBytes),
    get state() {
      return findState();
    },
    get obstacle() {
      return adapterObstacle(findState());
    },
    get slotUse() {
      return slots.use;
    },
    get connections() {
      return slots.connections;
    },
    seek: () => new Seeker({ ...options, ...seek, client, slots, present, native, maxMessageBytes, ownStation }),
    async [Symbol.asyncDispose]() {
      await Promise.all([client[Symbol.asyncDispose](), server[Symbol.asyncDispose]()]);
    },
  };
}

async function loaderOf(packages: Exclude<BleOptions['packages'], undefined>): Promise<PackageLoader> {
  if (typeof packages === 'object') return packages;
  if (packages === 'abandonware') return (await import('./abandonware.js')).abandonware;
  return (await import('./stoprocent.js')).stoprocent;
}

import { compactEnvelope } from '../../src/link/compact/compact.js';
import { expandEnvelope } from '../../src/link/compact/expand.js';
import { DEFAULT_LINK_LIMITS, type LinkTransportOptions, linkTransport } from '../../src/transport/link-transport.js';
import type { Transport } from '../../src/transport/transport.js';
import { createDifTransport } from './dif-transport.js';
import { GattClient } from './gatt-client.js';
import { GattServer } from './gatt-server.js';
import { encodeInformation } from './information.js';
import { createNativeDriver } from './native-driver.js';
import { createOpeners, type PackageLoader } from './open-packages.js';
import type { AdapterState } from './ports.js';
import { DEFAULT_SLOT_LIMITS, type SlotLimits } from './slots.js';

export interface BleOptions extends LinkTransportOptions {
  /** Which packages. Default: those of stoprocent. */
  readonly packages?: 'stoprocent' | 'abandonware' | PackageLoader;
  /** Of this station, for whoever asks; it proves nothing. */
  readonly did?: string;
  readonly slots?: Partial<SlotLimits>;
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
  /** Of the peripheral's adapter. */
  readonly state: AdapterState;
  readonly slotUse: GattServer['slotUse'];
}

const CONNECT_TIMEOUT_MS = 20_000;

/** DIDComm over Bluetooth LE (docs/transports/ble.md). Packages are loaded when somebody dials or listens. */
export async function createBle(options: BleOptions): Promise<Ble> {
  const { scheduler, now, logger, did, maxMtu } = options;
  const limits = { ...DEFAULT_LINK_LIMITS, ...options.limits };
  const loader = await loaderOf(options.packages ?? 'stoprocent');
  const openers = createOpeners({ loader, now, logger, ...(maxMtu === undefined ? {} : { maxMtu }) });
  const client = new GattClient({
    ...openers,
    scheduler,
    connectTimeoutMs: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
  });
  const server = new GattServer({
    ...openers,
    information: encodeInformation({ did, maxMessageBytes: limits.maxMessageBytes }),
    slots: { ...DEFAULT_SLOT_LIMITS, ...options.slots },
    scheduler,
    now,
    logger,
  });
  const transform = { encode: compactEnvelope, decode: expandEnvelope };
  return {
    native: linkTransport(createNativeDriver(client, server), { transform, ...options }),
    dif: createDifTransport(client, server, limits.maxMessageBytes),
    get state() {
      return server.state;
    },
    get slotUse() {
      return server.slotUse;
    },
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

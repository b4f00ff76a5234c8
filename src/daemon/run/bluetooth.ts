import { type Ble, openBle } from '../../../transports/index.js';
import { utf8 } from '../../core/bytes.js';
import type { Logger } from '../../core/logger.js';
import { createScheduler } from '../../core/scheduler.js';
import { createNodePrimitives } from '../../crypto/node.js';
import type { PartialStore } from '../../link/partial-store.js';
import { STATION_ID_BYTES } from '../../link/session/frames.js';
import type { Config } from '../config/schema.js';

interface BluetoothOptions {
  /** For phones that ask who this is; and by which the other end knows us again after a restart. */
  readonly did: string;
  readonly settings: Config['bluetooth'];
  readonly maxMessageBytes: number;
  readonly partials: PartialStore;
  readonly logger: Logger;
}

/** Of the largest messages, how many a peer may have under way to us. */
const CREDIT_MESSAGES = 2;

/** Bluetooth LE for this process. Its packages are loaded when somebody listens. */
export function openBluetooth({ did, settings, maxMessageBytes, partials, logger }: BluetoothOptions): Promise<Ble> {
  const primitives = createNodePrimitives();
  return openBle({
    packages: settings.packages,
    slots: { slots: settings.slots },
    did,
    scheduler: createScheduler(),
    now: () => performance.now(),
    random: Math.random,
    sha256: (bytes) => primitives.sha256(bytes),
    partials,
    logger,
    stationId: primitives.sha256(utf8(did)).slice(0, STATION_ID_BYTES),
    limits: { maxMessageBytes, creditBytes: CREDIT_MESSAGES * maxMessageBytes },
  });
}

/** Whether an address of `links.listen` is one of Bluetooth. */
export function isBluetooth(address: string): boolean {
  return /^ble(-dif)?:/.test(address);
}

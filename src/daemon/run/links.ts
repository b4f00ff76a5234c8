import { type OpenSerialPort, transports } from '../../../transports/index.js';
import { utf8 } from '../../core/bytes.js';
import { isWaypostError, WaypostError } from '../../core/errors.js';
import type { Logger } from '../../core/logger.js';
import { createScheduler } from '../../core/scheduler.js';
import { createNodePrimitives } from '../../crypto/node.js';
import { createMemoryPartials } from '../../link/memory-partials.js';
import type { PartialStore } from '../../link/partial-store.js';
import { STATION_ID_BYTES } from '../../link/session/frames.js';
import type { Address, Listener, Transport } from '../../transport/transport.js';
import type { Config } from '../config/schema.js';
import type { Identity } from '../identity/identity.js';
import type { Cleanup } from './cleanup.js';

export interface SerialOptions {
  /** By which the other end knows us again after a restart of either side. */
  readonly stationName: string;
  readonly maxMessageBytes: number;
  readonly partials: PartialStore;
  readonly logger: Logger;
  /** Default: the ports of this machine. */
  readonly openPort: OpenSerialPort | undefined;
}

/** The transport of serial lines, for this process. */
export function openSerial(options: SerialOptions): Promise<Transport> {
  const { stationName, maxMessageBytes, partials, logger, openPort } = options;
  const primitives = createNodePrimitives();
  return transports.serial({
    scheduler: createScheduler(),
    now: () => performance.now(),
    random: Math.random,
    sha256: (bytes) => primitives.sha256(bytes),
    partials,
    logger,
    stationId: primitives.sha256(utf8(stationName)).slice(0, STATION_ID_BYTES),
    limits: { maxMessageBytes },
    ...(openPort === undefined ? {} : { openPort }),
  });
}

export interface LinksOptions {
  readonly config: Config;
  readonly identity: Identity;
  readonly openSerialPort?: OpenSerialPort;
}

/**
 * Listens on the links of the configuration; what arrives only in part is kept in the data folder. Nothing is loaded and
 * no folder made where there are none. Throws ERR_LISTEN, and ERR_CONFIG for an address that cannot be read.
 */
export async function openLinks(
  { config, identity, openSerialPort: openPort }: LinksOptions,
  logger: Logger,
  cleanup: Cleanup,
): Promise<readonly Listener[]> {
  if (config.links.listen.length === 0) return [];
  const partials = cleanup.use(await createMemoryPartials({ clock: { nowMs: () => Date.now() } }));
  const maxMessageBytes = config.limits.messageBytes;
  const transport = await openSerial({
    stationName: identity.current.did,
    maxMessageBytes,
    partials,
    logger,
    openPort,
  });
  const listeners: Listener[] = [];
  for (const address of config.links.listen) {
    try {
      listeners.push(cleanup.use(await transport.listen(address as Address)));
    } catch (error) {
      if (!isWaypostError(error, 'ERR_INVALID_ARGUMENT')) throw error;
      throw new WaypostError('ERR_CONFIG', `links.listen: ${error.message}`, { cause: error });
    }
  }
  return listeners;
}

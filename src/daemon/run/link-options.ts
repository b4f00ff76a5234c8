import { utf8 } from '../../core/bytes.js';
import type { Logger } from '../../core/logger.js';
import { createScheduler } from '../../core/scheduler.js';
import { createNodePrimitives } from '../../crypto/node.js';
import type { PartialStore } from '../../link/partial-store.js';
import { STATION_ID_BYTES } from '../../link/session/frames.js';
import type { LinkTransportOptions } from '../../transport/link-transport.js';

export interface StationLinkOptions {
  /** By which the other end knows us again after a restart of either side. */
  readonly stationName: string;
  readonly maxMessageBytes: number;
  readonly partials: PartialStore;
  readonly logger: Logger;
}

/** Of the largest messages, how many a peer may have under way to us. */
const CREDIT_MESSAGES = 2;

/** What the link protocol needs of this process, on whatever medium. */
export function linkOptions({
  stationName,
  maxMessageBytes,
  partials,
  logger,
}: StationLinkOptions): LinkTransportOptions {
  const primitives = createNodePrimitives();
  return {
    scheduler: createScheduler(),
    now: () => performance.now(),
    random: Math.random,
    sha256: (bytes) => primitives.sha256(bytes),
    partials,
    logger,
    stationId: primitives.sha256(utf8(stationName)).slice(0, STATION_ID_BYTES),
    limits: { maxMessageBytes, creditBytes: CREDIT_MESSAGES * maxMessageBytes },
  };
}

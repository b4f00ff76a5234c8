/**
 * What a transport is written against: the contracts of media, and sessions that make a medium of small frames one of
 * whole messages. `docs/writing-a-transport.md` builds a transport on it.
 *
 * @module waypost/transport
 */

export type { Clock } from './core/clock.js';
export { type LogFields, type Logger, silentLogger } from './core/logger.js';
export { createScheduler, type Scheduler } from './core/scheduler.js';
export { compactEnvelope } from './link/compact/compact.js';
export { expandEnvelope } from './link/compact/expand.js';
export type { FrameCounters, FrameDecoder } from './link/frame-decoder.js';
export { DELIMITER } from './link/frame-splitter.js';
export { type FramingOptions, type LineFraming, parityFraming, plainFraming } from './link/framing.js';
export type { Link, LinkAbortOptions, LinkDriver, LinkListener, LinkPace } from './link/link.js';
export type { LinkPeer } from './link/link-context.js';
export { createMemoryPartials, type MemoryPartialsOptions } from './link/memory-partials.js';
export type { MessageTransform } from './link/message-transform.js';
export { openPartialFiles, type PartialFilesOptions } from './link/node/partial-files.js';
export {
  CONTENT_HASH_BYTES,
  DEFAULT_PARTIAL_LIMITS,
  type HeldPart,
  type PartialKey,
  type PartialLimits,
  type PartialMessage,
  type PartialStore,
  type Piece,
} from './link/partial-store.js';
export type { ByteRange, ReadonlyRangeSet } from './link/ranges.js';
export type { SessionLimits } from './link/session/session.js';
export {
  type ArrivalContent,
  channelClosed,
  checkMessageSize,
  createArrival,
  parseTransportUrl,
  type Verdict,
} from './transport/arrival.js';
export { BoundedQueue } from './transport/bounded-queue.js';
export {
  DEFAULT_LINK_LIMITS,
  type LinkTransport,
  type LinkTransportLimits,
  type LinkTransportOptions,
  linkTransport,
} from './transport/link-transport.js';
export type {
  AbortOptions,
  Address,
  Arrival,
  Channel,
  Listener,
  Transport,
  TransportSupport,
} from './transport/transport.js';

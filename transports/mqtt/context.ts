import type { Duplex } from 'node:stream';
import type { Logger } from '../../src/core/logger.js';
import type { Scheduler } from '../../src/core/scheduler.js';
import type { PartialStore } from '../../src/link/partial-store.js';
import type { Credentials, ProtocolVersion } from './connect.js';
import type { MqttLimits } from './limits.js';
import type { Broker } from './topics.js';

/** What the parts of the transport need of the world. */
export interface MqttContext {
  readonly scheduler: Scheduler;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
  readonly sha256: (bytes: Uint8Array) => Uint8Array;
  /** Where messages that come in segments come together. */
  readonly partials: PartialStore;
  readonly logger: Logger;
  readonly versions: readonly ProtocolVersion[];
  readonly limits: MqttLimits;
  readonly open: (broker: Broker, signal: AbortSignal) => Promise<Duplex>;
  /** The connection of a listener is there, or there again. */
  readonly onConnected: () => void;
  readonly credentials: (origin: string) => Credentials | undefined;
}

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** Letters and digits that a client identifier and a topic can have, 5 bits of each byte. */
export function base32Name(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => BASE32[byte & 31]).join('');
}

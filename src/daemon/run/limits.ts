import type { AdmissionOption, GatewayLimits } from '../../gateway/options.js';
import type { StoreLimits } from '../../store/limits.js';
import type { Config } from '../config/schema.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Of the messages at most, what is kept free for urgent ones; their bytes are configured. */
const RESERVED_MESSAGES_PART = 100;
/** Bodies of open requests: room for a few of the largest. */
const OPEN_LARGEST = 8;
const OPEN_BYTES = 32 * 1024 * 1024;

/** What the configuration says, in the terms of the parts. */
export function storeLimits({ store, mediation, limits }: Config): Partial<StoreLimits> {
  return {
    total: { messages: store.messages, bytes: store.bytes },
    reserved: { messages: Math.floor(store.messages / RESERVED_MESSAGES_PART), bytes: store.reservedBytes },
    perDestination: { messages: mediation.queueMessages, bytes: mediation.queueBytes },
    perDepositor: { messages: mediation.senderMessages, bytes: mediation.senderBytes },
    contentBytes: limits.messageBytes,
    retentionMs: store.retentionDays * DAY_MS,
  };
}

export function gatewayLimits({ limits, mediation }: Config): Partial<GatewayLimits> {
  return {
    maxReceiveBytes: limits.messageBytes,
    mediation: {
      accountsPerSource: mediation.accountsPerAddress,
      registrationsPerAccount: mediation.recipientsPerAccount,
    },
  };
}

export function httpLimits({ limits }: Config) {
  return {
    maxMessageBytes: limits.messageBytes,
    maxConnections: limits.connections,
    maxConnectionsPerSource: limits.connectionsPerAddress,
    maxOpenBytes: Math.max(OPEN_BYTES, OPEN_LARGEST * limits.messageBytes),
    requestRate: { perSecond: limits.requestsPerSecond, burst: limits.requestsBurst },
  };
}

export function webSocketLimits({ limits }: Config) {
  return {
    maxMessageBytes: limits.messageBytes,
    maxConnections: limits.connections,
    maxConnectionsPerSource: limits.connectionsPerAddress,
    messageRate: { perSecond: limits.requestsPerSecond, burst: limits.requestsBurst },
  };
}

export function admissionOf({ mediation }: Config): AdmissionOption {
  return mediation.admission === 'list' ? { kind: 'list', dids: mediation.allow } : { kind: mediation.admission };
}

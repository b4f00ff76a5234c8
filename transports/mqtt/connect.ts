import type { Duplex } from 'node:stream';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { quote, WaypostError } from '../../src/core/errors.js';
import type { Scheduler } from '../../src/core/scheduler.js';
import { unlessAborted } from '../../src/core/unless-aborted.js';
import { BrokerConnection, type Delivery } from './connection.js';
import { largestInbound, type MqttLimits } from './limits.js';
import { nothingKept } from './nothing-kept.js';
import { PacketGate } from './packet-gate.js';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** 5: MQTT 5.0. 4: MQTT 3.1.1. */
export type ProtocolVersion = 4 | 5;

export interface ConnectOptions {
  /** For errors. */
  readonly origin: string;
  readonly clientId: string;
  readonly credentials: Credentials | undefined;
  /** The broker keeps the session while we are away. */
  readonly isPersistent: boolean;
  /** What the broker publishes when we are gone without a goodbye. */
  readonly will?: { readonly topic: string; readonly payload: Uint8Array; readonly retain: boolean };
  /** In the order in which they are tried. */
  readonly versions: readonly ProtocolVersion[];
  readonly limits: MqttLimits;
  readonly scheduler: Scheduler;
  readonly onDelivery: (delivery: Delivery) => void;
  /** Something that a broker does wrong, or that we had to do about it. */
  readonly onEvent: (event: string) => void;
}

/** CONNACK codes with which a broker says that it does not know the version: of MQTT 3.1.1 and of MQTT 5.0. */
const UNKNOWN_VERSION: ReadonlySet<number> = new Set([1, 132]);
/** Wrong or missing credentials (3.1.1: 4, 5; 5.0: 134, 135), and being banned: trying at once does not help. */
const WRONG_CREDENTIALS: ReadonlySet<number> = new Set([4, 5, 134, 135]);
const BANNED = 138;
const NOT_WELCOME_PAUSE_MS = 60_000;

/** The broker speaks another version of MQTT. */
class OtherVersion extends Error {}

/**
 * Connects with the first of `versions` that the broker knows; `open` gives a new stream for each attempt. Throws ERR_NETWORK
 * (retryable), ERR_REFUSED (retryable, later), what `open` throws, or the signal's reason.
 */
export async function connectToBroker(
  open: () => Promise<Duplex>,
  options: ConnectOptions,
  signal: AbortSignal,
): Promise<BrokerConnection> {
  for (const version of options.versions) {
    try {
      return await attempt(await open(), version, options, signal);
    } catch (error) {
      if (!(error instanceof OtherVersion)) throw error;
    }
  }
  const what = `the broker ${quote(options.origin, 200)} does not speak MQTT ${options.versions.map(nameOf).join(' or ')}`;
  throw new WaypostError('ERR_REFUSED', what, { retryable: true, retryAfterMs: NOT_WELCOME_PAUSE_MS });
}

/** As people say it. */
export function nameOf(version: ProtocolVersion): string {
  return version === 5 ? '5.0' : '3.1.1';
}

async function attempt(
  stream: Duplex,
  version: ProtocolVersion,
  options: ConnectOptions,
  signal: AbortSignal,
): Promise<BrokerConnection> {
  const { limits, origin } = options;
  const gate = new PacketGate(largestInbound(limits));
  const client = new mqtt.MqttClient(() => stream, clientOptions(version, options));
  stream.on('data', (chunk: Uint8Array) => {
    if (!gate.isOver(chunk)) return;
    options.onEvent('mqtt.oversized');
    stream.destroy(new Error(`a packet of more than ${largestInbound(limits)} bytes`));
  });
  // Before the session is accepted: the broker sends what it kept right behind its answer.
  const connection = new BrokerConnection(client, version, options);
  try {
    await unlessAborted(accepted(client, origin), signal);
    return connection;
  } catch (error) {
    await connection.abandon();
    throw error;
  }
}

function accepted(client: MqttClient, origin: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const what = `the broker ${quote(origin, 200)}`;
    client.once('connect', () => resolve());
    client.on('error', (error) => {
      const code = 'code' in error && typeof error.code === 'number' ? error.code : undefined;
      if (code !== undefined && UNKNOWN_VERSION.has(code)) reject(new OtherVersion());
      else if (code !== undefined) reject(notWelcome(what, code));
      else reject(new WaypostError('ERR_NETWORK', `${what}: ${error.message}`, { cause: error, retryable: true }));
    });
    client.once('close', () => {
      reject(new WaypostError('ERR_NETWORK', `${what} closed the connection`, { retryable: true }));
    });
  });
}

function notWelcome(what: string, code: number): WaypostError {
  const isWrong = WRONG_CREDENTIALS.has(code);
  const why = `${what} refuses ${isWrong ? 'the user name and password' : 'the connection'}, with code ${code}`;
  const pause = isWrong || code === BANNED ? { retryAfterMs: NOT_WELCOME_PAUSE_MS } : {};
  return new WaypostError('ERR_REFUSED', why, { retryable: true, ...pause });
}

function clientOptions(version: ProtocolVersion, options: ConnectOptions): IClientOptions {
  const { clientId, credentials, isPersistent, will, limits } = options;
  return {
    protocolVersion: version,
    clientId,
    clean: !isPersistent,
    keepalive: limits.keepaliveSeconds,
    reconnectPeriod: 0, // a lost connection is over; whoever wants another one makes it, with a backoff
    connectTimeout: limits.connectTimeoutMs,
    resubscribe: false,
    queueQoSZero: false,
    incomingStore: nothingKept,
    outgoingStore: nothingKept,
    log: () => {},
    ...(credentials === undefined ? {} : { username: credentials.username, password: credentials.password }),
    ...(will === undefined ? {} : { will: { ...will, payload: Buffer.from(will.payload), qos: 1 } }),
    ...(version === 5
      ? {
          properties: {
            sessionExpiryInterval: isPersistent ? limits.sessionSeconds : 0,
            receiveMaximum: limits.window,
            maximumPacketSize: largestInbound(limits),
          },
        }
      : {}),
  };
}

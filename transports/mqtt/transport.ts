import { randomBytes } from 'node:crypto';
import { quote, WaypostError } from '../../src/core/errors.js';
import { unlessAborted } from '../../src/core/unless-aborted.js';
import type { OutboundOptions } from '../../src/net/outbound-connect.js';
import type { Transport } from '../../src/transport/transport.js';
import type { MqttBroker, MqttBrokerOptions } from './broker/broker.js';
import type { MqttContext } from './context.js';
import { dialInbox } from './dial.js';
import { DEFAULT_MQTT_LIMITS, largestInbound, type MqttLimits } from './limits.js';
import { MqttListener } from './listener.js';
import { openStream } from './open-stream.js';
import { MQTT_SCHEMES, parseMqttAddress } from './topics.js';

export interface MqttTransportOptions
  extends Pick<MqttContext, 'scheduler' | 'now' | 'random' | 'sha256' | 'partials' | 'logger'> {
  /** Where connections may lead. Origins of brokers are trusted as `http(s)://HOST:PORT`. */
  readonly outbound: OutboundOptions;
  /** A listener has a connection, or has it again: what could not be sent to that broker may leave now. */
  readonly onConnected?: () => void;
  readonly limits?: Partial<MqttLimits>;
  /** Default: MQTT 5.0, and 3.1.1 with a broker that does not know it. */
  readonly versions?: MqttContext['versions'];
  /** User name and password for the broker at an origin such as `mqtts://broker.example:8883`. Default: none. */
  readonly credentials?: MqttContext['credentials'];
  /** Certificates (PEM) of authorities that may vouch for the broker at an origin, beside the public ones. Default: none. */
  readonly authorities?: (origin: string) => readonly string[];
}

type Connector = Parameters<typeof openStream>[1];

/** A listener's connection, for status and metrics. */
export interface MqttState {
  readonly address: string;
  readonly isConnected: boolean;
  /** Why not: what the last attempt failed with. */
  readonly lastError: string | null;
}

export interface MqttTransport extends Transport, AsyncDisposable {
  states(): readonly MqttState[];
  /** Opens a broker in this process. Throws ERR_LISTEN. */
  openBroker(options: MqttBrokerOptions): Promise<MqttBroker>;
}

/**
 * DIDComm over MQTT (docs/transports/mqtt.md). `send` resolves when the broker has the message, which is not yet the peer;
 * an arrival is acknowledged to the broker when it was accepted. `listen` also takes the devices below a prefix, which cannot be dialled.
 * Listening goes on where the broker is away. Disposing gives up what is being dialled, and ends listeners with
 * their channels.
 */
export function createMqttTransport(options: MqttTransportOptions): MqttTransport {
  const limits = { ...DEFAULT_MQTT_LIMITS, ...options.limits };
  const closing = new AbortController();
  const listeners = new Map<string, MqttListener>();
  const connectors = new Map<string, Connector>();
  /** Brokers with authorities of their own have a connector of their own; the operator named them, so there are few. */
  const connectorFor = async (origin: string): Promise<Connector> => {
    const own = options.authorities?.(origin) ?? [];
    const owner = own.length > 0 ? origin : '';
    const extraCa = [...(options.outbound.extraCa ?? []), ...own];
    const { createOutboundConnect } = await import('../../src/net/outbound-connect.js');
    const connector = connectors.get(owner) ?? createOutboundConnect({ ...options.outbound, extraCa }, closing.signal);
    connectors.set(owner, connector);
    return connector;
  };
  const context: MqttContext = {
    ...options,
    limits,
    versions: options.versions ?? [5, 4],
    credentials: options.credentials ?? (() => undefined),
    onConnected: options.onConnected ?? (() => {}),
    randomBytes,
    open: async (broker, signal) =>
      openStream(broker, await connectorFor(broker.origin), largestInbound(limits), signal),
  };

  return {
    schemes: MQTT_SCHEMES,
    supports: { dial: true, listen: true, acknowledged: false, duplex: true },
    states: () => [...listeners].map(([address, { isConnected, lastError }]) => ({ address, isConnected, lastError })),

    async dial(address, { signal } = {}) {
      const place = parseMqttAddress(address);
      signal?.throwIfAborted();
      if (place.kind === 'inbox') return dialInbox(address, place, context, signal);
      throw new WaypostError('ERR_INVALID_ARGUMENT', `${quote(address, 200)} is not one station`);
    },

    async listen(address, { signal } = {}) {
      const place = parseMqttAddress(address);
      signal?.throwIfAborted();
      const before = listeners.get(address);
      if (before?.isAccepting) throw new WaypostError('ERR_LISTEN', `${quote(address, 200)} is in use`);
      await before?.close(); // channels that outlived it
      const listener = new MqttListener({ address, place, context, onEnd: () => listeners.delete(address) });
      listeners.set(address, listener);
      try {
        await (signal === undefined ? listener.tried : unlessAborted(listener.tried, signal));
        return listener;
      } catch (error) {
        await listener[Symbol.asyncDispose]();
        throw error;
      }
    },

    openBroker: async (options) => (await import('./broker/broker.js')).openMqttBroker(options, context),

    async [Symbol.asyncDispose]() {
      closing.abort(new Error('the transport was closed'));
      await Promise.all([...listeners.values()].map((listener) => listener.close()));
    },
  };
}

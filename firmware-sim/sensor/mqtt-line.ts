import type { IClientOptions, MqttClient } from 'mqtt';
import { WaypostError } from '../../src/core/errors.js';
import { unlessAborted } from '../../src/core/unless-aborted.js';
import { channelClosed } from '../../src/transport/arrival.js';
import { BoundedQueue } from '../../src/transport/bounded-queue.js';
import type { AbortOptions } from '../../src/transport/transport.js';
import type { SensorLine } from './line.js';

export interface MqttLineOptions {
  /** Such as `mqtt://localhost:1883`; or `mqtts:`. */
  readonly broker: string;
  /** Before `/device/ID/up` and `/device/ID/down`. */
  readonly prefix: string;
  readonly id: string;
  readonly username?: string;
  readonly password?: string;
  /** 5, or 4 for MQTT 3.1.1. Default 4, which every broker knows. */
  readonly version?: 4 | 5;
}

const DEFAULT_PORTS = { mqtt: 1883, mqtts: 8883 } as const;
const CONNECT_MS = 5000;
/** Answers that wait to be read; each frame has one. */
const UNREAD = 100;

/**
 * Connects to a broker as a device of docs/transports/mqtt.md does. Throws ERR_NETWORK (retryable), also for credentials that
 * the broker refuses, as they may be made to work there.
 */
export async function dialMqtt(options: MqttLineOptions, { signal }: AbortOptions): Promise<SensorLine> {
  const { broker, prefix, id, username, password, version = 4 } = options;
  const { default: mqtt } = await import('mqtt');
  const { protocol, hostname, port } = new URL(broker);
  const isEncrypted = protocol === 'mqtts:';
  const settings: IClientOptions = {
    protocol: isEncrypted ? 'mqtts' : 'mqtt',
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? DEFAULT_PORTS[isEncrypted ? 'mqtts' : 'mqtt'] : Number(port),
    clientId: `sensor-${id}`,
    protocolVersion: version,
    // What was not answered is sent again by the device, which remembers it better than a client library.
    clean: true,
    reconnectPeriod: 0,
    connectTimeout: CONNECT_MS,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  };
  const client = mqtt.connect(settings);
  const [up, down] = [`${prefix}/device/${id}/up`, `${prefix}/device/${id}/down`];
  const answers = new BoundedQueue<Uint8Array>(UNREAD);
  client.on('message', (_topic, payload) => void answers.push(new Uint8Array(payload)));
  const closed = new AbortController();
  client.on('error', (error) => closed.abort(unreachable(broker, error)));
  client.once('close', () => {
    closed.abort(channelClosed('the connection to the broker is gone'));
    answers.end();
  });
  const signals = signal === undefined ? [closed.signal] : [signal, closed.signal];
  try {
    await unlessAborted(new Promise<void>((resolve) => client.once('connect', () => resolve())), ...signals);
    await unlessAborted(client.subscribeAsync(down, { qos: 1 }), ...signals);
  } catch (error) {
    client.end(true);
    throw error instanceof WaypostError || signal?.aborted ? error : unreachable(broker, error);
  }
  return {
    address: `${broker}/${up}`,
    send: (message, { signal: giveUp }) =>
      unlessAborted(publish(client, up, message), closed.signal, ...(giveUp === undefined ? [] : [giveUp])),
    [Symbol.asyncIterator]: () => answers[Symbol.asyncIterator](),
    async [Symbol.asyncDispose]() {
      client.end(true);
      answers.end();
    },
  };
}

/** Reason codes of MQTT 5 from which a failure begins. */
const FAILURE = 128;

async function publish(client: MqttClient, topic: string, message: Uint8Array): Promise<void> {
  try {
    await client.publishAsync(topic, Buffer.from(message), { qos: 1 });
  } catch (cause) {
    const code: unknown = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (typeof code !== 'number' || code < FAILURE) throw channelClosed(`the broker did not take it: ${String(cause)}`);
    throw new WaypostError('ERR_REFUSED', `the broker answers with the code ${code} of MQTT 5`, { cause });
  }
}

function unreachable(broker: string, cause: unknown): WaypostError {
  return new WaypostError('ERR_NETWORK', `the broker ${broker} cannot be used: ${String(cause)}`, {
    cause,
    retryable: true,
  });
}

import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Aedes, type Client } from 'aedes';
import { WaypostError } from '../../../src/core/errors.js';
import type { Logger } from '../../../src/core/logger.js';
import { TokenBuckets } from '../../../src/core/token-bucket.js';
import { sourceOf, urlHost } from '../../../src/net/client-address.js';
import { ConnectionCounts } from '../../../src/net/connection-counts.js';
import type { Listener } from '../../../src/transport/transport.js';
import type { MqttContext } from '../context.js';
import { PacketGate } from '../packet-gate.js';
import { Access, type BrokerUser } from './access.js';
import { type BrokerLimits, DEFAULT_BROKER_LIMITS } from './limits.js';
import { LocalStations } from './local-stations.js';
import { addressOf, brokerRules } from './rules.js';
import { Sessions } from './sessions.js';

export interface MqttBrokerOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Where stations of this process will listen, such as `didcomm/NAME/in`. Until one does, nobody's publish to it is taken. */
  readonly topics: readonly string[];
  readonly users: readonly BrokerUser[];
  /** What clients without a name may do. Default: not even connect. */
  readonly anonymous?: Pick<BrokerUser, 'publish' | 'subscribe'>;
  readonly limits?: Partial<BrokerLimits>;
}

/** An MQTT 3.1.1 broker in this process. */
export interface MqttBroker extends AsyncDisposable {
  /** `mqtt://HOST:PORT`, as it was bound. */
  readonly origin: `mqtt://${string}`;
  /**
   * Listens on a topic such as `didcomm/NAME/in` or `PREFIX/device/+/up` without a connection: a client gets its PUBACK when
   * the arrival was accepted, never before. It is one of `topics`. Throws ERR_INVALID_ARGUMENT and ERR_LISTEN.
   */
  listen(topic: string): Promise<Listener>;
}

/**
 * Opens the embedded broker. What it keeps for clients that are away is in memory; what is for a station of this process is
 * settled by that before it is acknowledged. Throws ERR_LISTEN.
 */
export async function openMqttBroker(options: MqttBrokerOptions, context: MqttContext): Promise<MqttBroker> {
  const limits = { ...DEFAULT_BROKER_LIMITS, ...options.limits };
  const { logger, scheduler, now } = context;
  const stations = new LocalStations(context, options.topics, limits.maxWaiting);
  const sessions = new Sessions(limits);
  const access = new Access(options.users, options.anonymous);
  const rates = new TokenBuckets(limits.publishRate, limits.maxConnections * 2, now);
  const aedes = new Aedes(brokerRules({ access, sessions, stations, rates, limits, scheduler, logger }));
  await aedes.listen();
  sessions.attach(aedes, () => logger.debug('mqtt-broker.dropped'));
  const failed = (client: Client, { message }: Error): void => {
    logger.debug('mqtt-broker.client-failed', { from: addressOf(client), message });
  };
  aedes.on('clientError', failed);
  aedes.on('connectionError', failed);

  const server = createServer();
  const sockets = new Set<Socket>();
  const counts = new ConnectionCounts(limits);
  server.on('connection', (socket) => {
    const source = sourceOf(socket.remoteAddress ?? '');
    if (!counts.open(source)) {
      logger.debug('mqtt-broker.connection-refused');
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.once('close', () => {
      counts.close(source);
      sockets.delete(socket);
    });
    handle(socket, aedes, limits, logger);
  });
  const origin = await bind(server, options);
  stations.attach(aedes, origin);
  return {
    origin,
    listen: (topic) => stations.listen(topic),
    async [Symbol.asyncDispose]() {
      server.close();
      await stations[Symbol.asyncDispose]();
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
    },
  };
}

/** The parser gathers a packet before anybody can ask how large it is. */
function handle(socket: Socket, aedes: Aedes, { maxPacketBytes }: BrokerLimits, logger: Logger): void {
  const gate = new PacketGate(maxPacketBytes);
  socket.setNoDelay();
  aedes.handle(socket);
  socket.on('data', (chunk: Uint8Array) => {
    if (!gate.isOver(chunk)) return;
    logger.warn('mqtt-broker.oversized', { from: socket.remoteAddress });
    socket.destroy();
  });
}

async function bind(server: Server, { host, port }: MqttBrokerOptions): Promise<`mqtt://${string}`> {
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (cause) {
    const what = `cannot listen on ${urlHost(host)}:${port} for MQTT: ${String(cause)}`;
    throw new WaypostError('ERR_LISTEN', what, { cause });
  }
  return `mqtt://${urlHost(host)}:${(server.address() as AddressInfo).port}`;
}

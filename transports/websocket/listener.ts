import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { TokenBuckets } from '../../src/core/token-bucket.js';
import { type ClientAddresses, sourceOf, urlHost } from '../../src/net/client-address.js';
import { ConnectionCounts } from '../../src/net/connection-counts.js';
import { BoundedQueue } from '../../src/transport/bounded-queue.js';
import type { Channel } from '../../src/transport/transport.js';
import { WebSocketChannel } from './channel.js';
import type { WebSocketLimits } from './limits.js';

interface UpgradesOptions {
  readonly path: string;
  readonly limits: WebSocketLimits;
  readonly clients: ClientAddresses;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** Makes channels of the connections that an HTTP server hands over. */
export class Upgrades {
  readonly channels: BoundedQueue<Channel>;
  readonly #options: UpgradesOptions;
  readonly #counts: ConnectionCounts;
  readonly #rates: TokenBuckets;
  readonly #protocol: WebSocketServer;
  #draining = false;

  constructor(options: UpgradesOptions) {
    const { limits } = options;
    this.#options = options;
    this.channels = new BoundedQueue(limits.maxWaitingChannels);
    this.#counts = new ConnectionCounts(limits);
    this.#rates = new TokenBuckets(limits.messageRate, limits.maxSources, options.now);
    this.#protocol = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: limits.maxMessageBytes,
      perMessageDeflate: false, // what is encrypted does not get shorter, and what is not could be a bomb
      autoPong: false,
    });
  }

  handle(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const { limits, path, clients } = this.#options;
    const address = clients.of(request);
    const source = sourceOf(address);
    const status = this.#whyNot(request.url ?? '/', path, source);
    if (status !== undefined) {
      refuse(socket, status, limits.heartbeatMs);
      return;
    }
    socket.once('close', () => this.#counts.close(source));
    this.#protocol.handleUpgrade(request, socket, head, (webSocket) => {
      const charge = () => this.#rates.charge(source);
      const channel = new WebSocketChannel(webSocket, `ws://${urlHost(address)}`, {
        limits,
        charge,
        expectsMessage: true,
      });
      if (!this.channels.push(channel)) webSocket.close(1013);
    });
  }

  /** The status to refuse with; undefined when the connection is counted and may go on. */
  #whyNot(target: string, path: string, source: string): number | undefined {
    if (target.split('?', 1)[0] !== path) return 404;
    if (this.#draining || this.channels.length >= this.#options.limits.maxWaitingChannels) return 503;
    return this.#counts.open(source) ? undefined : 429;
  }

  /** Takes no new connections; those that nobody has taken are closed. */
  async end(): Promise<void> {
    this.#draining = true;
    await Promise.all(this.channels.clear().map((channel) => channel[Symbol.asyncDispose]()));
  }
}

/** Answers in place of a handshake. */
function refuse(socket: Duplex, status: number, retryAfterMs: number): void {
  const retryAfter = status === 404 ? '' : `Retry-After: ${Math.ceil(retryAfterMs / 1000)}\r\n`;
  socket.once('finish', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n${retryAfter}\r\n`,
  );
}

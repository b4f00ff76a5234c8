import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WaypostError } from '../core/errors.js';
import { type ClientAddresses, sourceOf, urlHost } from './client-address.js';
import { ConnectionCounts, type ConnectionLimits } from './connection-counts.js';

/*
 * A port that speaks HTTP and can take a crowd of strangers: how many sockets, how long they may take and how large
 * their headers may be is bounded here, for every kind of traffic on it.
 */

/** PEM text. */
export interface TlsIdentity {
  readonly key: string;
  readonly cert: string;
}

export interface HttpServerLimits extends ConnectionLimits {
  /** From the first byte of a request to the end of its headers. */
  readonly headersTimeoutMs: number;
  /** From the first byte of a request to the last one of its body. */
  readonly requestTimeoutMs: number;
  /** Between two requests on one connection. */
  readonly keepAliveTimeoutMs: number;
  /** Of a connection on which nothing moves although something should: a peer that does not read its answer. */
  readonly idleTimeoutMs: number;
  readonly maxHeaderBytes: number;
}

/** For answers that are on their way out when a server is disposed. */
const FLUSH_TIMEOUT_MS = 2000;

/** Takes a connection over that wants to speak something else; `head` is what came after the request already. */
export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

export interface HttpServerOptions {
  readonly limits: HttpServerLimits;
  readonly clients: ClientAddresses;
  readonly tls?: TlsIdentity | undefined;
  readonly onRequest: RequestListener;
  readonly onUpgrade?: UpgradeListener | undefined;
}

export interface BoundHttpServer extends AsyncDisposable {
  /** `url` with the port that was really bound. */
  readonly address: `${string}:${string}`;
}

/**
 * Binds to the host and port of `url`, with TLS when its scheme ends in "s". Requests that take too long are answered
 * with 408, headers that are too large with 431; connections over a limit are cut without an answer. Disposing cuts
 * every connection that was not handed to `onUpgrade`. Throws ERR_LISTEN; ERR_INVALID_ARGUMENT without `tls`.
 */
export async function openHttpServer(url: URL, options: HttpServerOptions): Promise<BoundHttpServer> {
  const { limits } = options;
  const server = createNodeServer(url, options);
  server.on('request', options.onRequest);
  server.on('checkContinue', options.onRequest);
  server.setTimeout(limits.idleTimeoutMs);
  server.maxRequestsPerSocket = 0;

  limitConnections(server, options);
  const sockets = trackSockets(server);
  if (options.onUpgrade !== undefined) {
    const { onUpgrade } = options;
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      sockets.delete(request.socket);
      onUpgrade(request, socket, head);
    });
  }

  await bind(server, url);
  const { port } = server.address() as AddressInfo;
  return {
    address: `${url.protocol as `${string}:`}//${url.hostname}:${port}${url.pathname}`,
    async [Symbol.asyncDispose]() {
      // Before `close`, which cuts what looks idle: also a connection whose last answer is still on its way out.
      await flush(sockets);
      server.close();
      server.closeAllConnections();
    },
  };
}

function createNodeServer(url: URL, { limits, tls }: HttpServerOptions): Server {
  const settings = {
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    // The two limits above are looked at this often; Node's own half minute would add that much to each.
    connectionsCheckingInterval: Math.max(20, Math.min(limits.headersTimeoutMs, limits.requestTimeoutMs) / 4),
    maxHeaderSize: limits.maxHeaderBytes,
  };
  if (url.protocol === 'http:' || url.protocol === 'ws:') return createServer(settings);
  if (tls !== undefined) return createTlsServer({ ...settings, ...tls, handshakeTimeout: limits.headersTimeoutMs });
  throw new WaypostError('ERR_INVALID_ARGUMENT', `listening on ${url.href} needs a key and a certificate`);
}

/** Behind a proxy all clients share its address, so a proxy counts only towards the total. */
function limitConnections(server: Server, { limits, clients }: HttpServerOptions): void {
  const counts = new ConnectionCounts(limits);
  const ofProxies = new ConnectionCounts({ ...limits, maxConnectionsPerSource: limits.maxConnections });
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const source = sourceOf(address);
    const count = clients.isProxy(address) ? ofProxies : counts;
    if (counts.total + ofProxies.total >= limits.maxConnections || !count.open(source)) socket.destroy();
    else socket.once('close', () => count.close(source));
  });
}

/** The sockets that speak HTTP. */
function trackSockets(server: Server): Set<Socket> {
  const sockets = new Set<Socket>();
  server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return sockets;
}

/** Closes each socket when it has sent what it has to send, and does not wait long for it. */
async function flush(sockets: ReadonlySet<Socket>): Promise<void> {
  const closed = [...sockets].map((socket) => {
    socket.destroySoon();
    return new Promise<void>((resolve) => socket.once('close', () => resolve()));
  });
  let late: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    late = setTimeout(resolve, FLUSH_TIMEOUT_MS);
  });
  await Promise.race([Promise.all(closed), timeout]);
  clearTimeout(late);
}

function bind(server: Server, url: URL): Promise<void> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = Number(url.port || (/^(https|wss):$/.test(url.protocol) ? 443 : 80));
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code ?? cause.message;
      reject(new WaypostError('ERR_LISTEN', `cannot listen on ${urlHost(host)}:${port}: ${why}`, { cause }));
    });
    server.listen({ port, host, backlog: 1024 }, resolve);
  });
}

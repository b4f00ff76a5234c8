import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { buildConnector } from 'undici';
import { type ClientOptions, WebSocket } from 'ws';
import { isWaypostError, quote, WaypostError } from '../../src/core/errors.js';
import { failureReason } from '../../src/net/failure-reason.js';
import type { Address, Channel } from '../../src/transport/transport.js';
import { WebSocketChannel } from './channel.js';
import type { WebSocketLimits } from './limits.js';

/** Opens a WebSocket over a socket of `connect`. Throws what {@link Transport.dial} throws. */
export function dialWebSocket(
  url: URL,
  connect: buildConnector.connector,
  limits: WebSocketLimits,
  callerSignal: AbortSignal | undefined,
): Promise<Channel> {
  callerSignal?.throwIfAborted();
  const options: ClientOptions = {
    handshakeTimeout: limits.dialTimeoutMs,
    maxPayload: limits.maxMessageBytes,
    perMessageDeflate: false,
    autoPong: false,
    followRedirects: false,
    createConnection: connectionOf(url, connect),
  };
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, options);
    const giveUp = () => {
      reject(callerSignal?.reason);
      socket.terminate();
    };
    const late = setTimeout(() => {
      reject(failed(url, new Error(`no answer within ${limits.dialTimeoutMs} ms`)));
      socket.terminate();
    }, limits.dialTimeoutMs);
    callerSignal?.addEventListener('abort', giveUp, { once: true });
    const done = () => {
      clearTimeout(late);
      callerSignal?.removeEventListener('abort', giveUp);
    };

    socket.once('open', () => {
      done();
      // From here on: frames may follow the handshake in the same packet.
      resolve(new WebSocketChannel(socket, url.href as Address, { limits, charge: () => 0, expectsMessage: false }));
    });
    socket.once('unexpected-response', (request, response: IncomingMessage) => {
      done();
      reject(refused(url, response));
      request.destroy();
    });
    socket.on('error', (error) => {
      done();
      reject(isWaypostError(error) ? error : failed(url, error)); // after `open` it is the channel that tells
    });
  });
}

/** Node lets `createConnection` answer later, by its second parameter; the types of `ws` know only the first way. */
function connectionOf(url: URL, connect: buildConnector.connector): NonNullable<ClientOptions['createConnection']> {
  const protocol = url.protocol === 'wss:' ? 'https:' : 'http:';
  const hostname = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const target = { protocol, host: url.host, hostname, port: url.port };
  const create = (_options: unknown, onCreate: (error: Error | null, socket?: Duplex) => void): void => {
    connect(target, (error, socket) => (error === null && socket !== null ? onCreate(null, socket) : onCreate(error)));
  };
  return create as unknown as NonNullable<ClientOptions['createConnection']>;
}

function refused(url: URL, response: IncomingMessage): WaypostError {
  const status = response.statusCode ?? 0;
  const seconds = response.headers['retry-after'] ?? '';
  const retryable = status === 408 || status === 425 || status === 429 || status >= 500;
  const retryAfterMs = retryable && /^\d{1,5}$/.test(seconds) ? Number(seconds) * 1000 : undefined;
  const what = `${quote(url.href, 200)} answers ${status} to a WebSocket handshake`;
  return new WaypostError('ERR_REFUSED', what, { retryable, retryAfterMs });
}

function failed(url: URL, cause: Error): WaypostError {
  const what = `${quote(url.href, 200)}: ${failureReason(cause)}`;
  return new WaypostError('ERR_NETWORK', what, { cause, retryable: true });
}

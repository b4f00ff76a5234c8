import http from 'node:http';
import { createArrival } from '../../src/transport/arrival.js';
import { BoundedQueue } from '../../src/transport/bounded-queue.js';
import type { Arrival, Channel } from '../../src/transport/transport.js';
import type { Reachable } from './agent.js';
import type { Posted } from './post-office.js';

export const ENCRYPTED = 'application/didcomm-encrypted+json';

export interface HttpAnswer extends Posted {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

/** A gateway in another process, as its clients know it: by its DID and its addresses. */
export interface Remote extends Reachable {
  readonly posts: { post(body: Uint8Array | string, headers?: Record<string, string>): Promise<HttpAnswer> };
}

/**
 * What agents need to talk to `gateway` over real sockets, by none of the gateway's own code. `from` is the address on
 * this machine to come from: everything in 127.0.0.0/8 is, and each counts as another source.
 */
export function overHttp(gateway: { did: string; http: string; ws: string }, from = '127.0.0.1'): Remote {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 32 });
  return {
    did: gateway.did,
    posts: {
      post: (body, headers = { 'content-type': ENCRYPTED }) =>
        post(gateway.http, body, { method: 'POST', headers, agent, localAddress: from }),
    },
    dial: () => openWebSocket(gateway.ws),
  };
}

function post(url: string, body: Uint8Array | string, options: http.RequestOptions): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const request = http.request(url, options, async (response) => {
      try {
        const bytes = new Uint8Array(Buffer.concat(await response.toArray()));
        resolve(toAnswer(response.statusCode ?? 0, response.headers, bytes));
      } catch (error) {
        reject(error); // it broke off
      }
    });
    request.on('error', reject);
    request.end(body);
  });
}

function toAnswer(status: number, headers: http.IncomingHttpHeaders, bytes: Uint8Array): HttpAnswer {
  const isMessage = headers['content-type']?.startsWith('application/didcomm-') === true;
  const text = new TextDecoder().decode(bytes);
  return { status, outcome: `${status}`, headers, text, error: undefined, reply: isMessage ? bytes : undefined };
}

/** The WebSocket of the runtime as a channel. */
async function openWebSocket(url: string): Promise<Channel> {
  const socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  const arrivals = new BoundedQueue<Arrival>(100_000);
  const closed = new Promise<void>((resolve) => socket.addEventListener('close', () => resolve()));
  void closed.then(() => arrivals.end());
  socket.addEventListener('message', ({ data }) => {
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : new Uint8Array(data as ArrayBuffer);
    arrivals.push(createArrival({ bytes, mediaType: undefined, canReply: false }, async () => {}));
  });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', () => reject(new Error(`no WebSocket to ${url}`)));
  });
  return {
    remoteAddress: url as `ws:${string}`,
    maxMessageBytes: Number.MAX_SAFE_INTEGER,
    replies: 'many',
    async send(message) {
      if (socket.readyState !== WebSocket.OPEN) throw new Error('the WebSocket is closed');
      socket.send(new TextDecoder().decode(message));
    },
    [Symbol.asyncIterator]: () => arrivals[Symbol.asyncIterator](),
    async [Symbol.asyncDispose]() {
      socket.close();
      await closed;
    },
  };
}

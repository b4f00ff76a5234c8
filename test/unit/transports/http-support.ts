import { connect, type Socket } from 'node:net';
import { type Agent, request as undiciRequest } from 'undici';
import type { Arrival } from '../../../src/transport/transport.js';
import type { HttpLimits } from '../../../transports/http/limits.js';
import { createHttpTransport, type HttpTransportOptions } from '../../../transports/http/transport.js';
import { localOutbound } from './local.js';

export const ENCRYPTED = 'application/didcomm-encrypted+json';

export interface Station extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Everything that arrived, and where from. */
  readonly arrivals: Arrival[];
  readonly sources: string[];
  readonly stop: () => PromiseLike<void>;
}

/** A listener that gives each arrival to `onArrival`; what that does not settle stays unsettled. */
export async function openStation(
  onArrival: (arrival: Arrival) => Promise<void>,
  limits: Partial<HttpLimits> = {},
  options: Partial<HttpTransportOptions> = {},
): Promise<Station> {
  const transport = createHttpTransport({ outbound: localOutbound, limits, ...options });
  const listener = await transport.listen('http://127.0.0.1:0/');
  const arrivals: Arrival[] = [];
  const sources: string[] = [];
  void (async () => {
    for await (const channel of listener) {
      sources.push(channel.remoteAddress);
      for await (const arrival of channel) {
        arrivals.push(arrival);
        onArrival(arrival).catch(() => undefined);
      }
    }
  })();
  const url = listener.addresses[0] ?? '';
  return {
    url,
    port: Number(new URL(url).port),
    arrivals,
    sources,
    stop: () => listener[Symbol.asyncDispose](),
    async [Symbol.asyncDispose]() {
      await listener[Symbol.asyncDispose]();
      await transport[Symbol.asyncDispose]();
    },
  };
}

export const acceptAll = (arrival: Arrival): Promise<void> => arrival.accept();

export interface Answered {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
}

/** A POST as another agent makes it. */
export async function post(
  url: string,
  body: string | Uint8Array,
  headers: Record<string, string> = { 'content-type': ENCRYPTED },
  dispatcher?: Agent,
): Promise<Answered> {
  const response = await undiciRequest(url, {
    method: 'POST',
    headers,
    body,
    ...(dispatcher === undefined ? {} : { dispatcher }),
  });
  return { status: response.statusCode, headers: response.headers, text: await response.body.text() };
}

/** A connection on which a test writes what it likes. */
export class RawConnection implements Disposable {
  readonly socket: Socket;
  /** Resolves with everything that was received, when the other side has closed. */
  readonly closed: Promise<string>;
  received = '';

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.setEncoding('latin1');
    this.socket.on('data', (text) => {
      this.received += text;
    });
    this.socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => this.socket.once('close', () => resolve(this.received)));
  }

  write(text: string): void {
    this.socket.write(text);
  }

  async until(pattern: RegExp, limitMs = 2000): Promise<string> {
    const startMs = performance.now();
    while (!pattern.test(this.received)) {
      if (performance.now() - startMs > limitMs) throw new Error(`received only ${JSON.stringify(this.received)}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return this.received;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

export async function until(what: string, condition: () => boolean, limitMs = 2000): Promise<void> {
  const startMs = performance.now();
  while (!condition()) {
    if (performance.now() - startMs > limitMs) throw new Error(`${what} did not happen within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

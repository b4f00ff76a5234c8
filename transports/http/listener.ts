import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { quote, WaypostError } from '../../src/core/errors.js';
import { TokenBuckets } from '../../src/core/token-bucket.js';
import { type ClientAddresses, sourceOf, urlHost } from '../../src/net/client-address.js';
import { openHttpServer, type TlsIdentity, type UpgradeListener } from '../../src/net/http-server.js';
import { BoundedQueue } from '../../src/transport/bounded-queue.js';
import { essenceOf } from '../../src/transport/media-type.js';
import type { Channel, Listener } from '../../src/transport/transport.js';
import { allowReading, answerPreflight, isPreflight } from './cross-origin.js';
import { HttpInboundChannel, type PostOwner } from './inbound-channel.js';
import type { HttpLimits } from './limits.js';
import { TAKEN_MEDIA_TYPES } from './media-type.js';
import { createRefusal, type Refusal } from './refusal.js';
import { readBody } from './request-body.js';

export interface HttpListenerOptions {
  readonly limits: HttpLimits;
  readonly clients: ClientAddresses;
  readonly tls: TlsIdentity | undefined;
  readonly onRequest: RequestListener | undefined;
  readonly onUpgrade: UpgradeListener | undefined;
  readonly problemReport: ((reason: WaypostError) => Uint8Array | undefined) | undefined;
  readonly now: () => number;
}

/** Takes messages by POST on the path of `url`. Throws like {@link openHttpServer}. */
export async function openHttpListener(url: URL, options: HttpListenerOptions): Promise<Listener> {
  const posts = new Posts(url, options);
  const server = await openHttpServer(url, {
    limits: options.limits,
    clients: options.clients,
    tls: options.tls,
    onRequest: (request, response) => posts.handle(request, response),
    onUpgrade: options.onUpgrade,
  });
  posts.start();
  let disposing: Promise<void> | undefined;
  const dispose = async () => {
    await posts.drain();
    await server[Symbol.asyncDispose]();
  };
  return {
    addresses: [server.address],
    [Symbol.asyncIterator]: () => posts.channels[Symbol.asyncIterator](),
    [Symbol.asyncDispose]() {
      disposing ??= dispose();
      return disposing;
    },
  };
}

/** The POSTs of one listener, from their headers to their answers. */
class Posts implements PostOwner {
  readonly channels: BoundedQueue<Channel>;
  readonly refuse: Refusal;
  readonly #path: string;
  readonly #options: HttpListenerOptions;
  readonly #rates: TokenBuckets;
  /** Read to their end, but not handed over yet. */
  readonly #arrived: HttpInboundChannel[] = [];
  /** In the order of their arrival. */
  readonly #unsettled = new Set<HttpInboundChannel>();
  /** One timer for all of them: at thousands a second, one for each would cost more than reading the headers. */
  #overdue: NodeJS.Timeout | undefined;
  /** Requests from their headers on, and the bytes of their bodies so far. */
  #openRequests = 0;
  #openBytes = 0;
  #draining = false;
  #onIdle: (() => void) | undefined;

  constructor(url: URL, options: HttpListenerOptions) {
    const { limits } = options;
    this.#path = url.pathname;
    this.#options = options;
    this.channels = new BoundedQueue(limits.maxOpenRequests);
    this.#rates = new TokenBuckets(limits.requestRate, limits.maxSources, options.now);
    this.refuse = createRefusal(limits, options.problemReport);
  }

  /** Begins to look for posts that nobody settles. `drain` ends it. */
  start(): void {
    this.#overdue = setInterval(() => this.#giveUpOverdue(), this.#options.limits.settleTimeoutMs / 8);
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    const onPath = pathOf(request) === this.#path;
    if (onPath && isPreflight(request)) {
      answerPreflight(response);
      return;
    }
    if (!onPath || request.method !== 'POST') {
      if (this.#options.onRequest !== undefined) this.#options.onRequest(request, response);
      else response.writeHead(onPath ? 405 : 404, { 'content-length': 0, ...(onPath ? { allow: 'POST' } : {}) }).end();
      return;
    }
    allowReading(request, response);
    const address = this.#options.clients.of(request);
    const reason = this.#whyNot(request, sourceOf(address));
    if (reason !== undefined) this.refuse(response, reason, undefined, request);
    else this.#read(request, response, address);
  }

  settled(post: HttpInboundChannel): void {
    this.#unsettled.delete(post);
    this.#close(post.heldBytes);
  }

  /** Takes no new requests, and waits for the open ones as long as the limit allows. */
  async drain(): Promise<void> {
    this.#draining = true;
    if (this.#openRequests > 0) {
      await new Promise<void>((resolve) => {
        const late = setTimeout(resolve, this.#options.limits.drainTimeoutMs);
        this.#onIdle = () => {
          clearTimeout(late);
          resolve();
        };
      });
    }
    clearInterval(this.#overdue);
    this.channels.clear();
    for (const post of this.#unsettled) await post[Symbol.asyncDispose]();
  }

  async #giveUpOverdue(): Promise<void> {
    const { limits, now } = this.#options;
    const dueMs = now() - limits.settleTimeoutMs;
    for (const post of this.#unsettled) {
      if (post.receivedAtMs > dueMs) break;
      await post[Symbol.asyncDispose]();
    }
  }

  /** What can be said from the headers alone, before a byte of the body is read. */
  #whyNot(request: IncomingMessage, source: string): WaypostError | undefined {
    const { limits } = this.#options;
    if (this.#draining) return new WaypostError('ERR_DRAINING', 'the listener is closing', { retryable: true });
    const waitMs = this.#rates.take(source);
    if (waitMs > 0) {
      const { perSecond, burst } = limits.requestRate;
      const what = `${source} sends more than ${perSecond} requests a second after ${burst} at once`;
      return new WaypostError('ERR_RATE_LIMIT', what, { retryable: true, retryAfterMs: waitMs });
    }
    if (this.#openRequests >= limits.maxOpenRequests) return this.#busy();
    const { 'content-type': contentType, 'content-encoding': encoding, 'content-length': length } = request.headers;
    if (!TAKEN_MEDIA_TYPES.has(essenceOf(contentType ?? '')) || (encoding !== undefined && encoding !== 'identity')) {
      return new WaypostError('ERR_MEDIA_TYPE', `${quote(contentType ?? '')} is not a media type of DIDComm v2`);
    }
    return Number(length ?? 0) > limits.maxMessageBytes ? this.#tooLarge() : undefined;
  }

  #read(request: IncomingMessage, response: ServerResponse, address: string): void {
    const { limits } = this.#options;
    this.#openRequests++;
    let heldBytes = 0;
    if (request.headers.expect !== undefined) response.writeContinue();
    readBody(request, {
      take: (bytes) => {
        if (heldBytes + bytes > limits.maxMessageBytes) return this.#tooLarge();
        if (this.#openBytes + bytes > limits.maxOpenBytes) return this.#busy();
        heldBytes += bytes;
        this.#openBytes += bytes;
        return undefined;
      },
      refuse: (reason) => {
        this.#close(heldBytes);
        this.refuse(response, reason, undefined, request);
      },
      lost: () => this.#close(heldBytes),
      done: (bytes) => {
        const remoteAddress = `${this.#options.tls === undefined ? 'http' : 'https'}://${urlHost(address)}` as const;
        const mediaType = essenceOf(request.headers['content-type'] ?? '');
        const { maxMessageBytes } = limits;
        const receivedAtMs = this.#options.now();
        const posted = { remoteAddress, maxMessageBytes, mediaType, bytes, receivedAtMs };
        const post = new HttpInboundChannel(posted, response, this);
        this.#unsettled.add(post);
        if (this.#arrived.push(post) === 1) setImmediate(() => this.#handOver());
      },
    });
  }

  /**
   * Hands over what arrived at the same time. To read many requests first and to open many messages then costs a tenth less
   * than taking turns: each of the two would drive the other out of the caches of the processor.
   */
  #handOver(): void {
    for (const post of this.#arrived.splice(0)) {
      // There is no room when nobody takes channels: those that were given up wait there still.
      if (!this.channels.push(post)) void post[Symbol.asyncDispose]();
    }
  }

  #close(heldBytes: number): void {
    this.#openRequests--;
    this.#openBytes -= heldBytes;
    if (this.#openRequests === 0) this.#onIdle?.();
  }

  #tooLarge(): WaypostError {
    return new WaypostError('ERR_TOO_LARGE', `the body has more than ${this.#options.limits.maxMessageBytes} bytes`);
  }

  #busy(): WaypostError {
    return new WaypostError('ERR_STORE_BUSY', 'too many requests are open', { retryable: true, retryAfterMs: 1000 });
  }
}

function pathOf(request: IncomingMessage): string {
  const target = request.url ?? '/';
  const query = target.indexOf('?');
  return query < 0 ? target : target.slice(0, query);
}

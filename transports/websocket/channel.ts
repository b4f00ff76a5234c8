import { isUtf8 } from 'node:buffer';
import type { RawData, WebSocket } from 'ws';
import { concatBytes } from '../../src/core/bytes.js';
import type { ErrorCode } from '../../src/core/errors.js';
import { channelClosed, checkMessageSize, createArrival } from '../../src/transport/arrival.js';
import { BoundedQueue } from '../../src/transport/bounded-queue.js';
import type { AbortOptions, Address, Arrival, Channel } from '../../src/transport/transport.js';
import { Heartbeat } from './heartbeat.js';
import type { WebSocketLimits } from './limits.js';

interface WebSocketChannelOptions {
  readonly limits: WebSocketLimits;
  /** Called for each message and each ping; how long (ms) to read nothing more. */
  readonly charge: () => number;
  /** Cut a peer that never sends anything. */
  readonly expectsMessage: boolean;
}

/** Pings are answered up to this many unsent bytes: a peer that pings and never reads must not fill our memory. */
const MAX_UNSENT_PONG_BYTES = 16 * 1024;

/** Close code of RFC 6455's registry (IANA, "WebSocket Close Code Number"). */
const TRY_AGAIN_LATER = 1013;

/**
 * Refusals of good messages that there is no room or time for. Where nobody is proven to have sent it there is nobody to
 * report the problem to; to close is the one way to say that it was not taken.
 */
const NOT_NOW: ReadonlySet<ErrorCode> = new Set([
  'ERR_STORE_FULL',
  'ERR_STORE_BUSY',
  'ERR_QUOTA_RECIPIENT',
  'ERR_QUOTA_DEPOSITOR',
  'ERR_DRAINING',
]);

/** An open WebSocket: one message a frame, in both directions. */
export class WebSocketChannel implements Channel {
  readonly remoteAddress: Address;
  readonly maxMessageBytes: number;
  readonly replies = 'many';
  readonly #socket: WebSocket;
  readonly #limits: WebSocketLimits;
  readonly #charge: () => number;
  readonly #arrivals = new BoundedQueue<Arrival>(Number.POSITIVE_INFINITY);
  readonly #heartbeat: Heartbeat;
  readonly #closed: Promise<void>;
  /** Messages leave one after the other, so that no more than one is in the socket's buffer. */
  #sending: Promise<void> = Promise.resolve();
  #firstMessage: NodeJS.Timeout | undefined;
  #slowDown: NodeJS.Timeout | undefined;

  constructor(socket: WebSocket, remoteAddress: Address, options: WebSocketChannelOptions) {
    const { limits } = options;
    this.remoteAddress = remoteAddress;
    this.maxMessageBytes = limits.maxMessageBytes;
    this.#socket = socket;
    this.#limits = limits;
    this.#charge = options.charge;
    this.#heartbeat = new Heartbeat(socket, limits.heartbeatMs);
    if (options.expectsMessage) {
      this.#firstMessage = setTimeout(() => socket.terminate(), limits.firstMessageTimeoutMs);
    }
    socket.on('message', (data) => this.#receive(data));
    socket.on('ping', (data) => this.#pong(data));
    socket.on('error', () => socket.terminate()); // a broken frame, or one over the limit; `close` follows
    this.#closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#cleanUp();
        resolve();
      });
    });
  }

  async send(message: Uint8Array, { signal }: AbortOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    checkMessageSize(message, this.maxMessageBytes);
    const turn = this.#sending.then(() => {
      signal?.throwIfAborted();
      return this.#write(message);
    });
    this.#sending = turn.catch(() => undefined);
    await turn;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Arrival, void, undefined> {
    for await (const arrival of this.#arrivals) {
      this.#resumeIfRoom();
      yield arrival;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#arrivals.clear();
    if (this.#socket.readyState === this.#socket.CLOSED) return;
    this.#socket.resume(); // or the peer's answer to our close frame would not be read
    this.#socket.close(1000);
    const late = setTimeout(() => this.#socket.terminate(), this.#limits.closeTimeoutMs);
    await this.#closed;
    clearTimeout(late);
  }

  /** JSON goes as text: agents that know only text frames are common, and browsers give text without a detour. */
  #write(message: Uint8Array): Promise<void> {
    const socket = this.#socket;
    if (socket.readyState !== socket.OPEN) throw channelClosed('the peer closed the channel');
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => socket.terminate(), this.#limits.sendTimeoutMs);
      socket.send(message, { binary: !isUtf8(message) }, (error) => {
        clearTimeout(late);
        if (error == null) resolve();
        else reject(channelClosed('the channel was closed before the message had left'));
      });
    });
  }

  #receive(data: RawData): void {
    clearTimeout(this.#firstMessage);
    const bytes = Array.isArray(data)
      ? concatBytes(...data)
      : data instanceof ArrayBuffer
        ? new Uint8Array(data)
        : data;
    const arrival = createArrival({ bytes, mediaType: undefined, canReply: true }, async ({ reply, reason }) => {
      if (reply !== undefined) await this.send(reply);
      else if (reason !== undefined && NOT_NOW.has(reason.code)) this.#socket.close(TRY_AGAIN_LATER);
      else if (this.#socket.readyState !== this.#socket.OPEN) throw channelClosed('the peer is gone');
    });
    this.#arrivals.push(arrival);
    this.#throttle();
    // The queue takes what was read from the socket in one go with this message; nothing is read after it.
    if (this.#arrivals.length >= this.#limits.maxWaitingMessages) this.#socket.pause();
  }

  #pong(data: Buffer): void {
    if (this.#socket.bufferedAmount < MAX_UNSENT_PONG_BYTES) this.#socket.pong(data);
    this.#throttle();
  }

  /** Over its rate, a peer is not refused but read more slowly: on this medium a message cannot be refused. */
  #throttle(): void {
    const waitMs = this.#charge();
    if (waitMs <= 0) return;
    this.#socket.pause();
    clearTimeout(this.#slowDown);
    this.#slowDown = setTimeout(() => {
      this.#slowDown = undefined;
      this.#resumeIfRoom();
    }, waitMs);
  }

  #resumeIfRoom(): void {
    const hasRoom = this.#arrivals.length < this.#limits.maxWaitingMessages;
    if (this.#socket.isPaused && hasRoom && this.#slowDown === undefined) this.#socket.resume();
  }

  #cleanUp(): void {
    clearTimeout(this.#firstMessage);
    clearTimeout(this.#slowDown);
    this.#heartbeat.stop();
    this.#arrivals.end();
  }
}

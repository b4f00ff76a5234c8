import type { ServerResponse } from 'node:http';
import { WaypostError } from '../../src/core/errors.js';
import { channelClosed, createArrival } from '../../src/transport/arrival.js';
import { mediaTypeOf } from '../../src/transport/media-type.js';
import type { Address, Arrival, Channel } from '../../src/transport/transport.js';

const ACCEPTED = { 'content-length': 0 };

interface PostedMessage {
  readonly remoteAddress: Address;
  readonly maxMessageBytes: number;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  /** Monotonic milliseconds. */
  readonly receivedAtMs: number;
}

/** How the listener answers and counts; called once. */
export interface PostOwner {
  refuse(response: ServerResponse, reason: WaypostError, reply?: Uint8Array): void;
  /** The request is answered or its peer is gone. */
  settled(post: HttpInboundChannel): void;
}

/** One POST: a channel on which one message arrives and one reply can go back. */
export class HttpInboundChannel implements Channel {
  readonly remoteAddress: Address;
  readonly maxMessageBytes: number;
  readonly replies = 'one';
  /** What it keeps in memory until it is settled. */
  readonly heldBytes: number;
  readonly receivedAtMs: number;
  readonly #arrival: Arrival;
  readonly #response: ServerResponse;
  readonly #owner: PostOwner;
  #taken = false;
  #answered = false;

  constructor(posted: PostedMessage, response: ServerResponse, owner: PostOwner) {
    this.remoteAddress = posted.remoteAddress;
    this.maxMessageBytes = posted.maxMessageBytes;
    this.heldBytes = posted.bytes.length;
    this.receivedAtMs = posted.receivedAtMs;
    this.#response = response;
    this.#owner = owner;
    this.#arrival = createArrival({ bytes: posted.bytes, mediaType: posted.mediaType, canReply: true }, (verdict) => {
      this.#answer(() => {
        if (verdict.reason !== undefined) owner.refuse(response, verdict.reason, verdict.reply);
        else if (verdict.reply === undefined) response.writeHead(202, ACCEPTED).end();
        else endWith(response, 200, verdict.reply);
      });
    });
  }

  async send(): Promise<void> {
    throw new WaypostError('ERR_INVALID_ARGUMENT', 'a POST is answered once, by settling what arrived with it');
  }

  [Symbol.asyncIterator](): AsyncIterator<Arrival, undefined> {
    return {
      next: () => {
        if (this.#taken || this.#answered) return Promise.resolve({ done: true, value: undefined });
        this.#taken = true;
        return Promise.resolve({ done: false, value: this.#arrival });
      },
    };
  }

  /** Tells the peer that nobody has settled what it sent; not more than once. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#answered) return;
    const reason = new WaypostError('ERR_STORE_BUSY', 'a message was not settled', { retryable: true });
    if (!this.#response.destroyed) this.#answer(() => this.#owner.refuse(this.#response, reason));
    else this.#close();
  }

  #answer(write: () => void): void {
    if (this.#answered) throw channelClosed('the request was answered already');
    this.#close();
    if (this.#response.destroyed) throw channelClosed('the peer went away before its request was answered');
    write();
  }

  #close(): void {
    this.#answered = true;
    this.#owner.settled(this);
  }
}

/** Answers with a packed message. */
function endWith(response: ServerResponse, status: number, message: Uint8Array): void {
  response.writeHead(status, { 'content-type': mediaTypeOf(message), 'content-length': message.length }).end(message);
}

import { utf8 } from '../../core/bytes.js';
import { quote, WaypostError } from '../../core/errors.js';
import { channelClosed, checkMessageSize, createArrival } from '../../transport/arrival.js';
import { BoundedQueue } from '../../transport/bounded-queue.js';
import type { AbortOptions, Address, Arrival, Channel, Transport } from '../../transport/transport.js';
import { MAX_MESSAGE_BYTES, requireOwnHost } from './page-address.js';

const SCHEMES = ['ws', 'wss'] as const;
const DIAL_MS = 15_000;
/** A browser reads on whatever we do. Over this the connection is given up; what was not acknowledged comes again. */
const MAX_WAITING_MESSAGES = 64;
/** Close code of RFC 6455's registry (IANA, "WebSocket Close Code Number"). */
const MESSAGE_TOO_BIG = 1009;
const TRY_AGAIN_LATER = 1013;

/** DIDComm over the browser's WebSocket (DIDComm v2.1, "WebSockets"): one message a frame. */
export function createBrowserSocketTransport(host: string): Transport {
  return {
    schemes: SCHEMES,
    supports: { dial: true, listen: false, acknowledged: false, duplex: true },
    dial: async (address, options = {}) => dial(requireOwnHost(address, host, SCHEMES), options),
    async listen() {
      throw new WaypostError('ERR_INVALID_ARGUMENT', 'a page cannot listen');
    },
  };
}

function dial(url: URL, { signal }: AbortOptions): Promise<Channel> {
  signal?.throwIfAborted();
  const socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  return new Promise((resolve, reject) => {
    const stop =
      signal === undefined ? AbortSignal.timeout(DIAL_MS) : AbortSignal.any([signal, AbortSignal.timeout(DIAL_MS)]);
    const fail = () => {
      stop.removeEventListener('abort', fail);
      socket.close();
      // Why is not told to pages.
      const what = `${quote(url.host)} cannot be reached`;
      reject(signal?.aborted ? signal.reason : new WaypostError('ERR_NETWORK', what, { retryable: true }));
    };
    stop.addEventListener('abort', fail, { once: true });
    socket.addEventListener('error', fail, { once: true });
    socket.addEventListener(
      'open',
      () => {
        stop.removeEventListener('abort', fail);
        socket.removeEventListener('error', fail);
        resolve(new BrowserSocketChannel(socket, url));
      },
      { once: true },
    );
  });
}

class BrowserSocketChannel implements Channel {
  readonly remoteAddress: Address;
  readonly maxMessageBytes = MAX_MESSAGE_BYTES;
  readonly replies = 'many';
  readonly #socket: WebSocket;
  readonly #arrivals = new BoundedQueue<Arrival>(MAX_WAITING_MESSAGES);

  constructor(socket: WebSocket, url: URL) {
    this.remoteAddress = url.href as Address;
    this.#socket = socket;
    socket.addEventListener('message', ({ data }: MessageEvent<string | ArrayBuffer>) => this.#receive(data));
    socket.addEventListener('close', () => this.#arrivals.end());
  }

  async send(message: Uint8Array<ArrayBuffer>, { signal }: AbortOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    checkMessageSize(message, this.maxMessageBytes);
    if (this.#socket.readyState !== WebSocket.OPEN) throw channelClosed('the gateway closed the channel');
    this.#socket.send(message);
  }

  [Symbol.asyncIterator](): AsyncIterator<Arrival, undefined> {
    return this.#arrivals[Symbol.asyncIterator]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#arrivals.clear();
    this.#socket.close();
  }

  #receive(data: string | ArrayBuffer): void {
    const length = typeof data === 'string' ? data.length : data.byteLength;
    if (length > this.maxMessageBytes) {
      this.#giveUp(MESSAGE_TOO_BIG);
      return;
    }
    const bytes = typeof data === 'string' ? utf8(data) : new Uint8Array(data);
    const arrival = createArrival({ bytes, mediaType: undefined, canReply: true }, async ({ reply }) => {
      if (reply !== undefined) await this.send(new Uint8Array(reply));
    });
    if (!this.#arrivals.push(arrival)) this.#giveUp(TRY_AGAIN_LATER);
  }

  /** A page may close with codes of its own range only (WHATWG WebSockets, "close()"): the reason is for its log. */
  #giveUp(code: number): void {
    this.#arrivals.end();
    this.#socket.close(4000 + (code - 1000));
  }
}

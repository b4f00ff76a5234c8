import { quote, WaypostError } from '../../core/errors.js';
import { channelClosed, checkMessageSize } from '../../transport/arrival.js';
import { mediaTypeOf } from '../../transport/media-type.js';
import type { AbortOptions, Address, Channel, Transport } from '../../transport/transport.js';
import { MAX_MESSAGE_BYTES, requireOwnHost } from './page-address.js';

const SCHEMES = ['http', 'https'] as const;
const ANSWER_MS = 30_000;
/** RFC 9110, "Retry-After"; a date is not worth reading with a clock that may be wrong. */
const SECONDS = /^\d{1,5}$/;

/**
 * DIDComm over HTTP (DIDComm v2.1, "HTTPS") with `fetch`. A message was accepted when `send` resolves: the answer was 2xx.
 * Replies in the body of an answer are not read: they come by WebSocket.
 */
export function createFetchTransport(host: string): Transport {
  return {
    schemes: SCHEMES,
    supports: { dial: true, listen: false, acknowledged: true, duplex: false },
    dial: async (address) => new FetchChannel(requireOwnHost(address, host, SCHEMES)),
    async listen() {
      throw new WaypostError('ERR_INVALID_ARGUMENT', 'a page cannot listen');
    },
  };
}

class FetchChannel implements Channel {
  readonly remoteAddress: Address;
  readonly maxMessageBytes = MAX_MESSAGE_BYTES;
  readonly replies = 'none';
  readonly #url: URL;
  readonly #closing = new AbortController();

  constructor(url: URL) {
    this.#url = url;
    this.remoteAddress = url.href as Address;
  }

  async send(message: Uint8Array<ArrayBuffer>, { signal }: AbortOptions = {}): Promise<void> {
    checkMessageSize(message, this.maxMessageBytes);
    const response = await this.#post(message, signal);
    if (response.ok) return;
    const { status, headers } = response;
    if (status === 413)
      throw new WaypostError('ERR_TOO_LARGE', `the gateway takes no message of ${message.length} bytes`);
    const retryable = status === 408 || status === 425 || status === 429 || status >= 500;
    const seconds = headers.get('retry-after') ?? '';
    const retryAfterMs = retryable && SECONDS.test(seconds) ? Number(seconds) * 1000 : undefined;
    throw new WaypostError('ERR_REFUSED', `the gateway answers ${status}`, { retryable, retryAfterMs });
  }

  async #post(message: Uint8Array<ArrayBuffer>, signal: AbortSignal | undefined): Promise<Response> {
    const signals = [this.#closing.signal, AbortSignal.timeout(ANSWER_MS), ...(signal === undefined ? [] : [signal])];
    try {
      return await fetch(this.#url, {
        method: 'POST',
        headers: { 'content-type': mediaTypeOf(message) },
        body: message,
        redirect: 'error',
        credentials: 'omit',
        signal: AbortSignal.any(signals),
      });
    } catch (cause) {
      signal?.throwIfAborted();
      if (this.#closing.signal.aborted) throw channelClosed('the channel was closed');
      const what = `${quote(this.#url.host)} cannot be reached`;
      throw new WaypostError('ERR_NETWORK', what, { cause, retryable: true });
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<never, void, undefined> {}

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
  }
}

import { Agent, type buildConnector, type Dispatcher } from 'undici';
import { concatBytes } from '../../src/core/bytes.js';
import { isWaypostError, quote, WaypostError } from '../../src/core/errors.js';
import { failureReason } from '../../src/net/failure-reason.js';
import { mediaTypeOf } from '../../src/transport/media-type.js';
import { Deadline } from './deadline.js';
import type { HttpLimits } from './limits.js';
import { messageInAnswer } from './media-type.js';

/** What a peer answered to a POST: its reply, if there was one, and an error when it did not take the message. */
export interface Answer {
  readonly reply: Reply | undefined;
  readonly refusal: WaypostError | undefined;
}

export interface Reply {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
}

export interface HttpClient extends AsyncDisposable {
  /** Throws ERR_NETWORK (retryable), ERR_ADDRESS_REFUSED, ERR_TOO_LARGE for a reply, or the signal's reason. */
  post(url: URL, message: Uint8Array, signal: AbortSignal): Promise<Answer>;
}

/** Posts messages over connections that are kept and shared, and opened by `connect`. */
export function createHttpClient(connect: buildConnector.connector, limits: HttpLimits): HttpClient {
  const agent = new Agent({
    connect,
    connections: limits.connectionsPerOrigin,
    maxHeaderSize: limits.maxHeaderBytes,
    headersTimeout: limits.sendTimeoutMs,
    bodyTimeout: limits.sendTimeoutMs,
  });
  return {
    async post(url, message, callerSignal) {
      callerSignal.throwIfAborted();
      using deadline = new Deadline(limits.sendTimeoutMs, callerSignal);
      try {
        const { response, finalUrl } = await postFollowing(agent, url, message, limits.maxRedirects, deadline.signal);
        return await readAnswer(response, finalUrl, limits.maxMessageBytes);
      } catch (error) {
        callerSignal.throwIfAborted();
        if (isWaypostError(error)) throw error;
        const why = deadline.signal.aborted ? `no answer within ${limits.sendTimeoutMs} ms` : failureReason(error);
        throw new WaypostError('ERR_NETWORK', `${quote(url.href, 200)}: ${why}`, { cause: error, retryable: true });
      }
    },
    async [Symbol.asyncDispose]() {
      await agent.destroy();
    },
  };
}

/** Only temporary redirects are followed (DIDComm v2.1, "HTTPS"): 307, and never from https to http. */
async function postFollowing(
  agent: Agent,
  start: URL,
  message: Uint8Array,
  maxRedirects: number,
  signal: AbortSignal,
): Promise<{ response: Dispatcher.ResponseData; finalUrl: URL }> {
  const headers = { 'content-type': mediaTypeOf(message), 'accept-encoding': 'identity' };
  let url = start;
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    const { origin, pathname, search } = url;
    const path = `${pathname}${search}`;
    const response = await agent.request({ origin, path, method: 'POST', headers, body: message, signal });
    const { location } = response.headers;
    if (response.statusCode !== 307 || typeof location !== 'string') return { response, finalUrl: url };
    discard(response);
    const next = URL.canParse(location, url) ? new URL(location, url) : undefined;
    if (
      next === undefined ||
      !/^https?:$/.test(next.protocol) ||
      (url.protocol === 'https:' && next.protocol !== url.protocol)
    ) {
      throw new WaypostError(
        'ERR_REFUSED',
        `${quote(url.href, 200)} redirects to ${quote(location)}, which is not followed`,
      );
    }
    url = next;
  }
  throw new WaypostError('ERR_REFUSED', `${quote(start.href, 200)} redirects more than ${maxRedirects} times`);
}

async function readAnswer(response: Dispatcher.ResponseData, url: URL, maxBytes: number): Promise<Answer> {
  const { statusCode: status, headers } = response;
  const accepted = status >= 200 && status < 300;
  const body = await readBody(response, maxBytes);
  const bytes = body === undefined ? undefined : messageInAnswer(single(headers['content-type']), body);
  const reply = bytes === undefined ? undefined : { bytes, mediaType: mediaTypeOf(bytes) };
  if (accepted) return { reply, refusal: undefined };
  const retryable = status === 408 || status === 425 || status === 429 || status >= 500;
  const retryAfterMs = retryable ? retryAfterOf(single(headers['retry-after']), single(headers.date)) : undefined;
  const why = `${quote(url.href, 200)} answers ${status}`;
  return { reply, refusal: new WaypostError('ERR_REFUSED', why, { retryable, retryAfterMs }) };
}

/**
 * Undefined when the body is too large or encoded, and so no reply that could be believed. Whether the message was
 * taken is said by the status all the same: an unreadable reply must not make it be sent again.
 */
async function readBody(response: Dispatcher.ResponseData, maxBytes: number): Promise<Uint8Array | undefined> {
  const encoding = single(response.headers['content-encoding']);
  const announced = Number(response.headers['content-length'] ?? 0);
  if ((encoding !== undefined && encoding !== 'identity') || announced > maxBytes) {
    discard(response);
    return undefined;
  }
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of response.body as AsyncIterable<Uint8Array>) {
      length += part.length;
      if (length > maxBytes) return undefined;
      parts.push(part);
    }
  } catch {
    return undefined; // the status came; what was to follow did not
  } finally {
    discard(response);
  }
  return concatBytes(...parts);
}

/** Lets go of what was not read. A body that ends early reports that as an error event, which nobody awaits any more. */
function discard(response: Dispatcher.ResponseData): void {
  response.body.on('error', () => undefined).destroy();
}

const MAX_RETRY_AFTER_MS = 24 * 60 * 60 * 1000;

/** Seconds, or a date: that is compared with the peer's own `Date`, because our clock may be years behind. */
function retryAfterOf(header: string | undefined, date: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  let ms = Number.NaN;
  if (/^\d{1,9}$/.test(header)) ms = Number(header) * 1000;
  else if (header.endsWith(' GMT')) ms = Date.parse(header) - Date.parse(date ?? '');
  return ms >= 0 ? Math.min(ms, MAX_RETRY_AFTER_MS) : undefined;
}

function single(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : header?.[0];
}

import { Agent, type Dispatcher } from 'undici';
import { concatBytes } from '../core/bytes.js';
import { isWaypostError, quote, WaypostError } from '../core/errors.js';
import { failureReason } from './failure-reason.js';
import { createGuardedConnect, type GuardedConnectOptions } from './guarded-connect.js';

/*
 * GET for URLs that strangers choose (the hosts of did:web and did:webvh): where it may lead, how long it may take and
 * how much it may bring are bounded before anything is believed.
 */

export interface GuardedFetchOptions extends GuardedConnectOptions {
  /** For everything together: names, redirects, body. */
  readonly timeoutMs: number;
  /** Bytes of a body. */
  readonly maxBytes: number;
  readonly maxRedirects: number;
}

export interface GuardedRequest {
  readonly signal?: AbortSignal;
  /** Media types for the `Accept` header; default: any. */
  readonly accept?: string;
  /** A lower limit on the body for this request. */
  readonly maxBytes?: number;
}

export interface GuardedResponse {
  readonly status: number;
  /** By lower-case name; repeated fields are joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Where the redirects ended. */
  readonly finalUrl: string;
}

export type GuardedFetch = (url: string, request?: GuardedRequest) => Promise<GuardedResponse>;

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const MAX_HEADER_BYTES = 16 * 1024;

/**
 * Makes a GET that reaches only what the address policy allows, with https (or http, to addresses that the policy
 * names). Each redirect is checked like the first URL and never leads from https to http. No cookies, no credentials,
 * no proxy from the environment, and no compression, which could make a small answer large.
 *
 * Throws ERR_INVALID_ARGUMENT for an unusable URL; ERR_ADDRESS_REFUSED; ERR_TOO_LARGE for the body; ERR_NETWORK, which
 * is retryable unless the answer itself was unusable. When the caller's signal aborts, its reason.
 */
export function createGuardedFetch(options: GuardedFetchOptions): GuardedFetch {
  return async (url, request = {}) => {
    const { signal: callerSignal } = request;
    callerSignal?.throwIfAborted();
    const timeout = AbortSignal.timeout(options.timeoutMs);
    const signal = callerSignal === undefined ? timeout : AbortSignal.any([timeout, callerSignal]);
    const limits = {
      maxBytes: Math.min(request.maxBytes ?? options.maxBytes, options.maxBytes),
      maxRedirects: options.maxRedirects,
    };
    // Documents are fetched rarely, and each from another host: sockets that stay open would only cost memory.
    const agent = new Agent({ connect: createGuardedConnect(options, signal), maxHeaderSize: MAX_HEADER_BYTES });
    try {
      return await followRedirects(agent, parseUrl(url), request.accept ?? '*/*', limits, signal);
    } catch (error) {
      callerSignal?.throwIfAborted();
      if (isWaypostError(error)) throw error;
      const why = timeout.aborted ? `no answer within ${options.timeoutMs} ms` : failureReason(error);
      throw new WaypostError('ERR_NETWORK', `${quote(url, 200)}: ${why}`, { cause: error, retryable: true });
    } finally {
      await agent.destroy();
    }
  };
}

interface Limits {
  readonly maxBytes: number;
  readonly maxRedirects: number;
}

async function followRedirects(
  agent: Agent,
  start: URL,
  accept: string,
  limits: Limits,
  signal: AbortSignal,
): Promise<GuardedResponse> {
  let url = start;
  for (let redirects = 0; redirects <= limits.maxRedirects; redirects++) {
    const response = await agent.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: 'GET',
      headers: { accept, 'accept-encoding': 'identity' },
      signal,
    });
    const location = response.headers.location;
    if (!REDIRECTS.has(response.statusCode) || typeof location !== 'string') {
      return {
        status: response.statusCode,
        headers: flatten(response.headers),
        body: await readBody(response, url, limits.maxBytes),
        finalUrl: url.href,
      };
    }
    discard(response);
    url = redirectTarget(url, location);
  }
  throw unusable(start, `it redirects more than ${limits.maxRedirects} times`);
}

function parseUrl(text: string): URL {
  if (!URL.canParse(text)) throw new WaypostError('ERR_INVALID_ARGUMENT', `${quote(text, 200)} is not a URL`);
  const url = new URL(text);
  const why = whyUnfit(url);
  if (why !== undefined) throw new WaypostError('ERR_INVALID_ARGUMENT', `${quote(text, 200)} ${why}`);
  return url;
}

function redirectTarget(from: URL, location: string): URL {
  if (!URL.canParse(location, from)) throw unusable(from, `it redirects to ${quote(location)}, which is not a URL`);
  const url = new URL(location, from);
  const why = from.protocol === 'https:' && url.protocol === 'http:' ? 'would give up encryption' : whyUnfit(url);
  if (why !== undefined) throw unusable(from, `it redirects to ${quote(location)}, which ${why}`);
  return url;
}

function whyUnfit(url: URL): string | undefined {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'is neither https nor http';
  if (url.username !== '' || url.password !== '') return 'holds credentials';
  return undefined;
}

async function readBody(response: Dispatcher.ResponseData, url: URL, maxBytes: number): Promise<Uint8Array> {
  const encoding = response.headers['content-encoding'];
  const announced = Number(response.headers['content-length'] ?? 0);
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    if (encoding !== undefined && encoding !== 'identity') {
      throw unusable(url, `it answers in the encoding ${quote(encoding)}, which was not asked for`);
    }
    if (announced > maxBytes) throw tooLarge(url, announced, maxBytes);
    for await (const part of response.body as AsyncIterable<Uint8Array>) {
      length += part.length;
      if (length > maxBytes) throw tooLarge(url, length, maxBytes);
      parts.push(part);
    }
  } finally {
    discard(response);
  }
  return concatBytes(...parts);
}

/** Lets go of what was not read. A body that ends early reports that as an error event, which nobody awaits any more. */
function discard(response: Dispatcher.ResponseData): void {
  response.body.on('error', () => undefined).destroy();
}

function tooLarge(url: URL, bytes: number, maxBytes: number): WaypostError {
  return new WaypostError('ERR_TOO_LARGE', `${quote(url.href, 200)}: ${bytes} bytes or more, the limit is ${maxBytes}`);
}

function unusable(url: URL, why: string): WaypostError {
  return new WaypostError('ERR_NETWORK', `${quote(url.href, 200)}: ${why}`);
}

function flatten(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}

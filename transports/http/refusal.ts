import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { WaypostError } from '../../src/core/errors.js';
import { mediaTypeOf } from '../../src/transport/media-type.js';
import { retryAfterSeconds, statusOf, textOf } from './answers.js';
import type { HttpLimits } from './limits.js';
import { DIDCOMM_MEDIA_TYPES } from './media-type.js';

/**
 * Answers a request that is not accepted, with `reply` or a report of our own. `request` is given where its body was
 * not read to its end.
 */
export type Refusal = (
  response: ServerResponse,
  reason: WaypostError,
  reply?: Uint8Array,
  request?: IncomingMessage,
) => void;

const ACCEPT = [...DIDCOMM_MEDIA_TYPES].join(', ');

/** What a peer may go on sending after its answer, and for how long, so that it gets to read it. */
const LINGER_BYTES = 256 * 1024;
const LINGER_MS = 1000;

export function createRefusal(
  limits: HttpLimits,
  problemReport: ((reason: WaypostError) => Uint8Array | undefined) | undefined,
): Refusal {
  return (response, reason, reply, request) => {
    if (response.destroyed) return;
    const status = statusOf(reason);
    const message = reply ?? problemReport?.(reason);
    const body = message ?? new TextEncoder().encode(`${textOf(status)}\n`);
    const retryAfter = retryAfterSeconds(status, reason, limits.retryAfterMs);
    const headers: OutgoingHttpHeaders = {
      'content-type': message === undefined ? 'text/plain; charset=utf-8' : mediaTypeOf(message),
      'content-length': body.length,
    };
    if (retryAfter !== undefined) headers['retry-after'] = String(retryAfter);
    if (status === 415) headers.accept = ACCEPT;
    const closing = reason.code === 'ERR_DRAINING' || (request !== undefined && mayHoldMore(request, limits));
    if (closing) headers.connection = 'close';
    response.writeHead(status, headers);
    if (closing && request !== undefined && !request.complete) linger(request, response, body);
    else response.end(body);
  };
}

/** False when the rest of the body is short enough to read past it and keep the connection. */
function mayHoldMore(request: IncomingMessage, { maxMessageBytes }: HttpLimits): boolean {
  if (request.complete) return false;
  const length = request.headers['content-length'];
  return length === undefined || Number(length) > maxMessageBytes || request.headers.expect !== undefined;
}

/**
 * Writes the whole answer, reads on for a short while, and only then closes. A socket that is closed while there is
 * something unread in it is reset, and the peer, still busy sending, would never see the answer.
 */
function linger(request: IncomingMessage, response: ServerResponse, body: Uint8Array): void {
  let bytes = 0;
  const close = () => {
    clearTimeout(late);
    response.end();
    request.off('data', count);
  };
  const count = (part: Uint8Array) => {
    bytes += part.length;
    if (bytes > LINGER_BYTES) close();
  };
  const late = setTimeout(close, LINGER_MS);
  response.write(body);
  request.on('data', count);
  request.once('end', close);
  request.once('close', close);
  request.on('error', () => undefined);
}

import type { IncomingMessage, ServerResponse } from 'node:http';

/*
 * Wallets in browsers (Fetch Standard, "CORS protocol"). Any page may post and read the answer: a message proves by itself
 * who sent it, so the page gets nothing that it could not get without a browser. Credentials are never allowed.
 */

const PREFLIGHT = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'POST',
  // The media types of DIDComm are none of the three that a page may send without asking.
  'access-control-allow-headers': 'content-type',
  'access-control-max-age': '86400',
} as const;

/** Whether a browser asks if a page of another origin may post. */
export function isPreflight({ method, headers }: IncomingMessage): boolean {
  const wanted = headers['access-control-request-method'];
  return method === 'OPTIONS' && headers.origin !== undefined && wanted !== undefined;
}

export function answerPreflight(response: ServerResponse): void {
  response.writeHead(204, PREFLIGHT).end();
}

/** Lets the page of a request, whatever its origin, read the answer and when to try again. */
export function allowReading({ headers }: IncomingMessage, response: ServerResponse): void {
  if (headers.origin === undefined) return;
  response.setHeader('access-control-allow-origin', '*');
  response.setHeader('access-control-expose-headers', 'retry-after');
}

import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** Why a request to the admin API is refused; undefined when it is not. */
export interface Refusal {
  readonly status: 401 | 403;
  readonly message: string;
}

/**
 * Keeps web pages out. A page that somebody on this machine looks at can send requests here, and by changing what its own
 * name resolves to (DNS rebinding) even read the answers; but it cannot change the Host header, which then is that name, nor
 * leave out Origin where that tells on it. An IP address as Host cannot be such a name.
 */
export function checkHost({ headers }: IncomingMessage, listenHost: string): Refusal | undefined {
  const host = headers.host ?? '';
  const name = host
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
  if (isIP(name) === 0 && name !== 'localhost' && name !== listenHost.toLowerCase()) {
    return { status: 403, message: 'the Host header names neither an IP address nor localhost' };
  }
  const { origin } = headers;
  if (origin !== undefined && origin !== `http://${host}`) {
    return { status: 403, message: 'requests of other web sites are refused' };
  }
  return undefined;
}

/** What follows `Authorization: Bearer`; empty when there is none. */
export function bearerOf({ headers }: IncomingMessage): string {
  return /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
}

/** Whether two texts are the same. Hashes have one length, and comparing them takes the same time wherever they differ. */
export function equalSecrets(given: string, expected: string): boolean {
  return timingSafeEqual(sha256(given), sha256(expected));
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

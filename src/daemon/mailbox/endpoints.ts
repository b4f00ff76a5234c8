import type { Endpoints } from '../../mailbox/correspondent.js';
import type { Address } from '../../transport/transport.js';
import { pageUrlOf, socketUrlOf } from '../public-url.js';

/**
 * `foundAt` is where its invitation was found, `uris` are the endpoints of its DID. The `.local` name of this very machine
 * is also tried as loopback: there is not always somebody who answers multicast DNS.
 */
export function endpointsOf(foundAt: string | null, uris: readonly string[], hostname: string): Endpoints {
  const known = [...(foundAt === null ? [] : [foundAt]), ...uris].filter((uri) => /^(https?|wss?):\/\//.test(uri));
  const all = known.flatMap((uri) => [...asLoopback(uri, hostname), uri]);
  const http = all.map((uri) => pageUrlOf(uri));
  return { http: distinct(http), webSocket: distinct(http.map((uri) => socketUrlOf(uri) ?? uri)) };
}

function asLoopback(uri: string, hostname: string): readonly string[] {
  const url = new URL(uri);
  const ownName = `${hostname.split('.')[0]?.toLowerCase()}.local`;
  if (url.hostname !== ownName) return [];
  url.hostname = '127.0.0.1';
  return [url.href.replace(/\/$/, '')];
}

function distinct(uris: readonly string[]): readonly Address[] {
  return [...new Set(uris)].map((uri) => uri as Address);
}

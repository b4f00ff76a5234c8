import type { Address } from '../transport/transport.js';

const HOST_AND_PORT = /^([a-z][a-z0-9+.-]*):(?:\/\/)?(\[[0-9a-f:.%]+\]|[^/?#:]+)(?::\d+)?(?:[/?#].*)?$/i;
const MAX_SOURCE_CHARS = 200;
const UNPRINTABLE = /[^\x20-\x7e]/g;

/**
 * Whom to count for what an anonymous peer leaves here: the scheme and host of its address. The port changes with each
 * connection and is left out; of an IPv6 address the first 64 bits count, because a single site has all of the rest.
 * An address of another form counts as a whole.
 */
export function sourceOf(address: Address): string {
  const [, scheme, host] = HOST_AND_PORT.exec(address) ?? [];
  const source = scheme === undefined || host === undefined ? address : `${scheme}:${siteOf(host)}`;
  return source.slice(0, MAX_SOURCE_CHARS).replace(UNPRINTABLE, '?');
}

function siteOf(host: string): string {
  if (!host.startsWith('[')) return host.toLowerCase();
  const text = host.slice(1, -1).toLowerCase();
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(text)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = '', tail] = text.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  return `[${[...left, ...Array<string>(zeros).fill('0'), ...right].slice(0, 4).join(':')}::/64]`;
}

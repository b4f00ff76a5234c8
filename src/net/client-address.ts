import type { IncomingMessage } from 'node:http';
import { isIP, SocketAddress } from 'node:net';
import { createAddressPolicy } from './address-policy.js';

/** Where the client of a request is: an IP address without brackets, IPv4 where it is only wrapped in IPv6. */
export interface ClientAddresses {
  of(request: IncomingMessage): string;
  /** True for the address of a proxy that is believed. */
  isProxy(address: string): boolean;
}

/**
 * Reads `X-Forwarded-For` only from proxies that are named (addresses or CIDR ranges), and from the right: each proxy
 * appends the address that it saw, so the first one that is not a named proxy is the client, and whatever stands
 * further left the client wrote itself. Throws ERR_INVALID_ARGUMENT for an entry that is no address or range.
 */
export function createClientAddresses(trustedProxies: readonly string[]): ClientAddresses {
  const proxies = createAddressPolicy({ allow: trustedProxies });
  const isProxy = (address: string) => trustedProxies.length > 0 && proxies.isListed(address);
  return {
    isProxy,
    of(request) {
      let client = plainAddress(request.socket.remoteAddress ?? '');
      if (!isProxy(client)) return client;
      const header = request.headers['x-forwarded-for'];
      const hops = (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',').reverse();
      for (const hop of hops) {
        const address = plainAddress(hop.trim());
        if (isIP(address) === 0) break;
        client = address;
        if (!isProxy(client)) break;
      }
      return client;
    },
  };
}

/**
 * What limits count as one source: an IPv4 address, or the /64 network of an IPv6 address, of which one subscriber
 * has 2^64 addresses to choose from.
 */
export function sourceOf(address: string): string {
  if (isIP(address) !== 6) return address;
  const [left = '', right] = new SocketAddress({ address, family: 'ipv6' }).address.split('::');
  const head = left === '' ? [] : left.split(':');
  const tail = right === undefined || right === '' ? [] : right.split(':');
  const groups = right === undefined ? head : [...head, ...Array(8 - head.length - tail.length).fill('0'), ...tail];
  return `${groups.slice(0, 4).join(':')}::/64`;
}

/** As the host of a URL. */
export function urlHost(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

/** A socket that listens on IPv6 shows IPv4 clients as `::ffff:1.2.3.4`. */
function plainAddress(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  return mapped ?? address;
}

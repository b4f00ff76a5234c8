import { isIP } from 'node:net';
import { createAddressPolicy } from './address-policy.js';

/** Names that public DNS never gives out (RFC 6761, RFC 6762, RFC 8375), and those that routers and sites use. */
const NEARBY_NAME = /^(?:[^.]+|.+\.(?:localhost|local|lan|internal|home\.arpa))\.?$/i;

/**
 * Whether a host is on the own machine or network, as far as its name says: an address that is not on the public internet, a
 * name without a domain, or one of a local domain. `hostname`: IPv6 without brackets.
 */
export function isNearbyHost(hostname: string): boolean {
  if (isIP(hostname) === 0) return NEARBY_NAME.test(hostname);
  return !createAddressPolicy({ allow: [] }).check(hostname);
}

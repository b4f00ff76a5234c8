import type { Address } from '../../transport/transport.js';
import type { Config } from '../config/schema.js';

/** Where a part of an address ends: `ws://10.0.0.1` is not the beginning of `ws://10.0.0.10`. */
const BOUNDARY = /^($|[/?#:@])/;
const ENDS_AT_BOUNDARY = /[/:]$/;

/**
 * For `GatewayOptions.trusts`: true for addresses of the links that the operator trusts; undefined for all others, where it
 * is as the transport says. Case does not matter.
 */
export function trustOf({ trustedLinks }: Pick<Config, 'trustedLinks'>): (address: Address) => true | undefined {
  const links = trustedLinks.map((link) => link.toLowerCase());
  return (address) => (links.some((link) => beginsWith(address.toLowerCase(), link)) ? true : undefined);
}

function beginsWith(address: string, link: string): boolean {
  return address.startsWith(link) && (ENDS_AT_BOUNDARY.test(link) || BOUNDARY.test(address.slice(link.length)));
}

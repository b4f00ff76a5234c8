import { quote, WaypostError } from '../../core/errors.js';
import { parseTransportUrl } from '../../transport/arrival.js';
import type { Address } from '../../transport/transport.js';

/** Of one message, as the gateway's default. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;

/**
 * The page talks to nobody but the gateway that it is from; its content security policy says the same. Throws
 * ERR_INVALID_ARGUMENT for what is no URL of `schemes`, ERR_ADDRESS_REFUSED for another host.
 */
export function requireOwnHost(address: Address, host: string, schemes: readonly string[]): URL {
  const url = parseTransportUrl(address, schemes);
  if (url.host === host) return url;
  throw new WaypostError('ERR_ADDRESS_REFUSED', `this page talks only to ${quote(host)}, not to ${quote(url.host)}`);
}

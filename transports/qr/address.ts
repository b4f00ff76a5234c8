import { isAbsolute } from 'node:path';
import { quote, WaypostError } from '../../src/core/errors.js';
import type { Address } from '../../src/transport/transport.js';

/** What an address of the scheme `qr` means; docs/transports/qr.md has their forms. */
export type QrPlace =
  | { readonly kind: 'terminal' | 'stdin' }
  | { readonly kind: 'pictures' | 'pages'; readonly folder: string }
  | { readonly kind: 'camera'; readonly name: string };

/** Throws ERR_INVALID_ARGUMENT for what is no address of the scheme `qr`. */
export function parseQrAddress(address: Address): QrPlace {
  const [scheme, kind, ...rest] = address.split(':');
  const value = decode(rest.join(':'));
  if (scheme === 'qr' && value !== undefined) {
    if ((kind === 'terminal' || kind === 'stdin') && rest.length === 0) return { kind };
    if ((kind === 'pictures' || kind === 'pages') && isAbsolute(value)) return { kind, folder: value };
    if (kind === 'camera' && value !== '') return { kind, name: value };
  }
  const forms = 'qr:terminal, qr:stdin, qr:pictures:/FOLDER, qr:pages:/FOLDER or qr:camera:NAME';
  throw new WaypostError('ERR_INVALID_ARGUMENT', `${quote(address, 200)} is not ${forms}`);
}

/** Undefined for what is not percent-encoded as RFC 3986 demands, and for a path that no system would take. */
function decode(text: string): string | undefined {
  try {
    const value = decodeURIComponent(text);
    return value.includes('\0') ? undefined : value;
  } catch {
    return undefined;
  }
}

import { quote, WaypostError } from '../core/errors.js';

const HOST =
  /^(?=.{1,253}$)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;
const PORT_SEPARATOR = /%3A/i;
const PORT = /^[1-9]\d{0,4}$/;
/** A host that ends in a number is read as an IPv4 address by every URL parser, in whatever spelling. */
const ENDS_IN_NUMBER = /(?:^|\.)(?:\d+|0[xX][\dA-Fa-f]*)$/;
/** What must not come out of percent-encoding within one segment: separators, and what servers stumble over. */
const UNSAFE_IN_SEGMENT = /[/\\?#\p{Cc}]/u;

/**
 * The folder in which a DID of the web publishes: `example.org%3A8443:a:b` becomes `https://example.org:8443/a/b/`,
 * and `example.org` becomes `https://example.org/.well-known/` (did:web Method, 2.5.2; did:webvh 1.0, "The DID to HTTPS
 * Transformation"). The host is a DNS name in ASCII (international names in their `xn--` form), never an address.
 * `id` is the method-specific id from the host on; `did` stands in errors. Throws ERR_DID_MALFORMED.
 */
export function webFolder(id: string, did: string): string {
  const [authority = '', ...segments] = id.split(':');
  const [host = '', port, ...more] = authority.split(PORT_SEPARATOR);
  if (!HOST.test(host) || ENDS_IN_NUMBER.test(host)) throw malformed(did, `${quote(host)} is not a DNS host name`);
  if (port !== undefined && (more.length > 0 || !PORT.test(port) || Number(port) > 65_535)) {
    throw malformed(did, `${quote(authority)} has no valid port`);
  }
  const path = segments.length === 0 ? ['.well-known'] : segments.map((segment) => safeSegment(segment, did));
  return `https://${host.toLowerCase()}${port === undefined ? '' : `:${port}`}/${path.join('/')}/`;
}

function safeSegment(segment: string, did: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(segment);
  } catch {
    throw malformed(did, `${quote(segment)} is not percent-encoded UTF-8`);
  }
  if (decoded === '' || decoded === '.' || decoded === '..' || UNSAFE_IN_SEGMENT.test(decoded)) {
    throw malformed(did, `${quote(segment)} is not a path segment`);
  }
  return encodeURIComponent(decoded);
}

function malformed(did: string, why: string): WaypostError {
  return new WaypostError('ERR_DID_MALFORMED', `${quote(did)} is malformed: ${why}`);
}

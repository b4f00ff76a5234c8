import { quote, WaypostError } from '../core/errors.js';
import { isDid } from '../envelope/did-url.js';

/**
 * Where others reach this gateway: a URL in one spelling (lower-case host, no default port, no slash at the end), a topic on a
 * broker (`mqtts://HOST/PREFIX/NAME/in`), or the DID of a mediator on the way (DIDComm v2.1, "Using a DID as an endpoint").
 */
export type PublicUrl = string;

const MAX_CHARS = 500;
const SOCKET_OF: ReadonlyMap<string, string> = new Map([
  ['http:', 'ws:'],
  ['https:', 'wss:'],
]);
const BROKERS: ReadonlySet<string> = new Set(['mqtt:', 'mqtts:', 'mqtt+ws:', 'mqtt+wss:']);
const PAGE_OF: ReadonlyMap<string, string> = new Map([...SOCKET_OF].map(([page, socket]) => [socket, page]));

/** Reads a URL or DID that will be published in a DID. Throws ERR_CONFIG. */
export function parsePublicUrl(text: string): PublicUrl {
  const refuse = (why: string) =>
    new WaypostError(
      'ERR_CONFIG',
      `${quote(withoutUser(text))} cannot be a public URL: ${why} (such as https://gw.example.org)`,
    );
  if (isMediatorDid(text)) return text;
  if (text.length > MAX_CHARS) throw refuse(`it has ${text.length} characters, the limit is ${MAX_CHARS}`);
  if (!URL.canParse(text)) throw refuse('it is not a URL');
  const url = new URL(text);
  const isTopic = BROKERS.has(url.protocol);
  if (!SOCKET_OF.has(url.protocol) && !PAGE_OF.has(url.protocol) && !isTopic)
    throw refuse('it is not of http, https, ws, wss, mqtt or mqtts, and no DID');
  if (isTopic && !url.pathname.endsWith('/in')) throw refuse('its topic does not end in /in');
  // It would be published to everybody.
  if (url.username !== '' || url.password !== '') throw refuse('it has a user name or a password');
  if (url.search !== '' || url.hash !== '') throw refuse('it has a query or a fragment');
  return withoutSlash(url.href);
}

/** Whether it is the DID of a mediator rather than a URL. */
export function isMediatorDid(url: PublicUrl): boolean {
  return isDid(url);
}

/** Whether it is a topic on an MQTT broker. */
export function isBrokerUrl(url: PublicUrl): boolean {
  return BROKERS.has(url.slice(0, url.indexOf(':') + 1));
}

/** The URL of the other kind at the same place: ws(s) for http(s). Undefined for ws(s) and for a DID, which may stand alone. */
export function socketUrlOf(url: PublicUrl): string | undefined {
  return withScheme(url, SOCKET_OF);
}

/** The first that can be opened in a browser; a DID or a topic cannot. */
export function firstUrlOf(publicUrls: readonly PublicUrl[]): string | undefined {
  return publicUrls.find((url) => !isMediatorDid(url) && !isBrokerUrl(url));
}

/** Where a browser looks when somebody opens an invitation. */
export function pageUrlOf(url: PublicUrl): string {
  return withScheme(url, PAGE_OF) ?? url;
}

/** The URL of a machine that nobody gave one: its name in multicast DNS (RFC 6762). */
export function localUrl(hostname: string): PublicUrl {
  return parsePublicUrl(`http://${localName(hostname)}:8080`);
}

/** The name of a machine in its local network, such as `pi.local`. */
export function localName(hostname: string): string {
  const label = hostname.split('.')[0]?.toLowerCase() ?? '';
  return `${/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label) ? label : 'waypost'}.local`;
}

function withScheme(url: string, schemes: ReadonlyMap<string, string>): string | undefined {
  const protocol = new URL(url).protocol;
  const other = schemes.get(protocol);
  return other === undefined ? undefined : `${other}${url.slice(protocol.length)}`;
}

function withoutSlash(href: string): string {
  return href.endsWith('/') ? href.slice(0, -1) : href;
}

/** For messages: whatever stands where a user name and a password would is left out. */
export function withoutUser(text: string): string {
  return text.replace(/\/\/[^/]*@/, '//');
}

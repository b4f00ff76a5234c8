import { fromBase64url, toBase64url } from '../../core/base64url.js';
import { utf8 } from '../../core/bytes.js';
import { isWaypostError } from '../../core/errors.js';
import { parseJsonObject } from '../../core/json.js';
import { isDid } from '../../envelope/did-url.js';
import { DEFAULT_NAME } from '../config/schema.js';
import { firstUrlOf, type PublicUrl, pageUrlOf } from '../public-url.js';
import type { Identity } from './identity.js';

const INVITATION_TYPE = 'https://didcomm.org/out-of-band/2.0/invitation';
/** What a client does with the invitation of a gateway. */
const INVITATION_GOAL = 'request-mediate';

interface InvitationDetails {
  readonly addresses?: readonly string[];
  /** Of the gateway. */
  readonly name?: string;
}

/**
 * The invitation of a gateway as a URL (Out-of-Band 2.0, "Standard Message Encoding"): at its first public URL, or
 * `didcomm://` when it has none. It is kept short for the sake of its QR code.
 *
 * `addresses` are those that the running gateway listens on. The `.local` name that nobody chose says nothing of them, and an
 * upstream's DID is no URL, so while only this machine can reach the gateway the invitation names the address instead. `name` is shown to people, when
 * it says more than the default.
 */
export function invitationUrl(
  { current, invitationId }: Identity,
  { addresses = [], name = DEFAULT_NAME }: InvitationDetails = {},
): string {
  const body = { goal_code: INVITATION_GOAL, ...(name === DEFAULT_NAME ? {} : { goal: goalOf(name) }) };
  const message = { id: invitationId, type: INVITATION_TYPE, from: current.did, body };
  const encoded = toBase64url(utf8(JSON.stringify(message)));
  return `${invitationBase(current.publicUrls, addresses)}?_oob=${encoded}`;
}

/**
 * The page of the web peer (`http.webPeer`) with an invitation in it, which stands in the fragment, as browsers send that to nobody.
 * Undefined for an invitation that is not at a URL of this gateway.
 */
export function webPeerUrl(invitation: string): string | undefined {
  const { protocol, origin, search } = new URL(invitation);
  return protocol === 'http:' || protocol === 'https:' ? `${origin}/peer/#${search}` : undefined;
}

/** What people read about following an invitation of the gateway of this name. */
export function goalOf(name: string): string {
  return `Use ${name} as a mediator`;
}

/** What stands before the query of an invitation, with a slash at the end; see {@link invitationUrl}. */
export function invitationBase(publicUrls: readonly PublicUrl[], addresses: readonly string[]): string {
  const publicUrl = firstUrlOf(publicUrls);
  const loopback = addresses.find((address) =>
    /^http:\/\/(127\.\d+\.\d+\.\d+|localhost|\[::1\])(:\d+)?$/.test(address),
  );
  if (publicUrl === undefined) return loopback === undefined ? 'didcomm://' : `${loopback}/`;
  const page = pageUrlOf(publicUrl);
  return `${new URL(page).hostname.endsWith('.local') ? (loopback ?? page) : page}/`;
}

const LIMITS = { maxBytes: 64 * 1024, maxDepth: 16 };

/** The DID that an invitation is from; undefined when it cannot be read. */
export function inviterOf(invitation: string): string | undefined {
  const encoded = /[?&]_oob=([\w-]+)/.exec(invitation)?.[1] ?? '';
  try {
    const { from } = parseJsonObject(fromBase64url(encoded), LIMITS, 'an invitation');
    return isDid(from) ? from : undefined;
  } catch (error) {
    if (isWaypostError(error)) return undefined;
    throw error;
  }
}

/*
 * The little that envelopes must know of DID syntax (DID Core, 3.1 and 3.2). `=` is not in the grammar but occurs in
 * older did:peer:2 with padded base64, so it is let through.
 */
const DID = /^did:[a-z0-9]+:[A-Za-z0-9._:%=-]*[A-Za-z0-9._%=-]$/;

/** Text that was longer than this in a DID would be a way to make others work; real ones stay far below. */
export const MAX_DID_LENGTH = 16_384;
/** A did:key repeats its key in the fragment: 96 characters at most. */
const MAX_DID_URL_LENGTH = MAX_DID_LENGTH + 256;

/*
 * What may follow the DID (RFC 3986, 3.3 to 3.5). That a fragment holds no second "#" is what keeps `apv` honest: key
 * ids are joined with "." there, so that otherwise two of them could be passed off as one.
 */
const PATH_AND_QUERY = /^(?:[/?][\w.~!$&'()*+,;=:@/?%-]*)?$/;
const KEY_SUFFIX = /^(?:[/?][\w.~!$&'()*+,;=:@/?%-]*)?#[\w.~!$&'()*+,;=:@/?%-]+$/;

/** The DID of a DID URL: everything before a path, query or fragment. */
export function didOf(didUrl: string): string {
  let end = didUrl.length;
  for (const mark of ['#', '?', '/']) {
    const at = didUrl.indexOf(mark);
    if (at >= 0 && at < end) end = at;
  }
  return end === didUrl.length ? didUrl : didUrl.slice(0, end);
}

/** The part after `#`, or undefined. */
export function fragmentOf(didUrl: string): string | undefined {
  const at = didUrl.indexOf('#');
  return at < 0 ? undefined : didUrl.slice(at + 1);
}

export function isDid(text: unknown): text is string {
  return typeof text === 'string' && text.length <= MAX_DID_LENGTH && DID.test(text);
}

/** A DID, or a DID URL without a fragment: what `from` and `to` may hold (DIDComm v2.1, "Message Headers"). */
export function isDidWithoutFragment(text: unknown): text is string {
  return isDidUrl(text, PATH_AND_QUERY);
}

/** An absolute DID URL that names a key: what `kid` and `skid` hold. */
export function isKeyId(text: unknown): text is string {
  return isDidUrl(text, KEY_SUFFIX);
}

function isDidUrl(text: unknown, suffix: RegExp): text is string {
  if (typeof text !== 'string' || text.length > MAX_DID_URL_LENGTH) return false;
  const did = didOf(text);
  return isDid(did) && suffix.test(text.slice(did.length));
}

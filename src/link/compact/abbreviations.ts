import { sha256 } from '@noble/hashes/sha2.js';
import { equalBytes, utf8 } from '../../core/bytes.js';
import { WaypostError } from '../../core/errors.js';
import type { CompactMap, CompactValue } from './tree.js';
import { keyOf } from './words.js';

/*
 * What the headers of a DIDComm JWE say twice (DIDComm v2.1, "ECDH-1PU key wrapping and common protected headers"), left
 * out of its tree and put back:
 * - `apu` is the base64url of `skid`, and becomes true;
 * - `apv` is the base64url of the SHA-256 of the recipients' key ids, sorted and joined with ".", and becomes true;
 * - the key id of a recipient whose DID is that of the recipient before begins with its "#".
 */

const PROTECTED = keyOf('protected');
const RECIPIENTS = keyOf('recipients');
const HEADER = keyOf('header');
const KID = keyOf('kid');
const SKID = keyOf('skid');
const APU = keyOf('apu');
const APV = keyOf('apv');

/** Changes the tree of an envelope. What is not exactly as above stays as it is. */
export function abbreviate(envelope: CompactMap): void {
  const header = envelope.get(PROTECTED);
  if (header instanceof Map) {
    const skid = header.get(SKID);
    if (typeof skid === 'string' && isSame(header.get(APU), utf8(skid))) header.set(APU, true);
    if (isSame(header.get(APV), hashOfKeyIds(envelope))) header.set(APV, true);
  }
  let did = '';
  for (const header of recipientHeaders(envelope)) {
    const kid = header.get(KID);
    if (typeof kid !== 'string') continue;
    const before = did;
    did = didOf(kid);
    if (did !== '' && did === before) header.set(KID, kid.slice(did.length));
  }
}

/**
 * Undoes {@link abbreviate}. Throws ERR_COMPACT_MALFORMED for an abbreviation that stands for nothing, ERR_TOO_LARGE when
 * the key ids alone are more than `maxBytes`.
 */
export function unabbreviate(envelope: CompactMap, maxBytes: number): void {
  let did = '';
  let length = 0;
  for (const header of recipientHeaders(envelope)) {
    const abbreviated = header.get(KID);
    if (typeof abbreviated !== 'string') continue;
    const kid = abbreviated.startsWith('#') ? did + abbreviated : abbreviated;
    length += kid.length;
    if (length > maxBytes) {
      throw new WaypostError('ERR_TOO_LARGE', `the key ids of a compact envelope are longer than ${maxBytes} bytes`);
    }
    header.set(KID, kid);
    did = didOf(kid);
  }
  const header = envelope.get(PROTECTED);
  if (!(header instanceof Map)) return;
  if (header.get(APV) === true) header.set(APV, hashOfKeyIds(envelope));
  if (header.get(APU) !== true) return;
  const skid = header.get(SKID);
  if (typeof skid !== 'string' || skid === '') {
    throw new WaypostError('ERR_COMPACT_MALFORMED', 'a compact envelope says that apu is its skid, and has none');
  }
  header.set(APU, utf8(skid));
}

function hashOfKeyIds(envelope: CompactMap): Uint8Array {
  const keyIds = recipientHeaders(envelope).map((header) => header.get(KID));
  return sha256(
    utf8(
      keyIds
        .filter((kid) => typeof kid === 'string')
        .sort()
        .join('.'),
    ),
  );
}

function recipientHeaders(envelope: CompactMap): CompactMap[] {
  const recipients = envelope.get(RECIPIENTS);
  if (!Array.isArray(recipients)) return [];
  const list: readonly CompactValue[] = recipients;
  return list
    .map((recipient) => (recipient instanceof Map ? recipient.get(HEADER) : undefined))
    .filter((header) => header instanceof Map);
}

/** What stands before the fragment of a DID URL; empty where there is no fragment. */
function didOf(keyId: string): string {
  return keyId.slice(0, Math.max(0, keyId.indexOf('#')));
}

function isSame(value: CompactValue | undefined, bytes: Uint8Array): boolean {
  return value instanceof Uint8Array && equalBytes(value, bytes);
}

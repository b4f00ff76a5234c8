import { sha256 } from '@noble/hashes/sha2.js';
import { equalBytes, utf8 } from '../../core/bytes.js';
import { WaypostError } from '../../core/errors.js';
import type { TreeReader } from './json-reader.js';
import { type JsonWriter, malformedCompact } from './json-writer.js';
import { putTogether, takeApart } from './peer-did.js';
import { type CompactMap, type CompactValue, isCompactArray } from './tree.js';
import { keyOf } from './words.js';

/*
 * What the headers of a DIDComm JWE say twice or at length (DIDComm v2.1, "ECDH-1PU key wrapping and common protected
 * headers"), left out of its tree and put back:
 * - `apu` is the base64url of `skid`, and becomes true;
 * - `apv` is the base64url of the SHA-256 of the recipients' key ids, sorted and joined with ".", and becomes true;
 * - the `kid` of a recipient whose DID is that of the recipient before begins with its "#";
 * - any other `kid`, and `skid`, is taken apart where it belongs to a did:peer:2.
 */

const PROTECTED = keyOf('protected');
const RECIPIENTS = keyOf('recipients');
const HEADER = keyOf('header');
const KID = keyOf('kid');
const SKID = keyOf('skid');
const APU = keyOf('apu');
const APV = keyOf('apv');

/** Changes the tree of an envelope. What is not exactly as above stays as it is. */
export function abbreviate(envelope: CompactMap, reader: TreeReader): void {
  const header = envelope.get(PROTECTED);
  if (header instanceof Map) {
    const skid = header.get(SKID);
    if (typeof skid === 'string') {
      if (isSame(header.get(APU), utf8(skid))) header.set(APU, true);
      header.set(SKID, takeApart(skid, reader) ?? skid);
    }
    if (isSame(header.get(APV), hashOfKeyIds(envelope))) header.set(APV, true);
  }
  let did: string | undefined;
  for (const header of recipientHeaders(envelope)) {
    const kid = header.get(KID);
    if (typeof kid !== 'string') continue;
    const before = did;
    did = didOf(kid);
    header.set(KID, did !== undefined && did === before ? kid.slice(did.length) : (takeApart(kid, reader) ?? kid));
  }
}

/**
 * Undoes {@link abbreviate}. Throws ERR_COMPACT_MALFORMED for an abbreviation that stands for nothing, ERR_TOO_LARGE when
 * the key ids alone are longer than `maxBytes`.
 */
export function unabbreviate(envelope: CompactMap, writer: JsonWriter, maxBytes: number): void {
  let did: string | undefined;
  let length = 0;
  for (const header of recipientHeaders(envelope)) {
    const kid = wholeKeyId(header.get(KID), did, writer);
    if (kid === undefined) continue;
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
  const skid = wholeKeyId(header.get(SKID), undefined, writer);
  if (skid !== undefined) header.set(SKID, skid);
  if (header.get(APU) !== true) return;
  if (skid === undefined) throw malformedCompact('it says that apu is its skid, which it has not');
  header.set(APU, utf8(skid));
}

/** Undefined for what is no key id at all. */
function wholeKeyId(value: CompactValue | undefined, did: string | undefined, writer: JsonWriter): string | undefined {
  if (isCompactArray(value)) return putTogether(value, writer);
  if (typeof value !== 'string' || !value.startsWith('#')) return typeof value === 'string' ? value : undefined;
  if (did === undefined) throw malformedCompact('a key id has no DID, and there is none before it');
  return did + value;
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
  if (!isCompactArray(recipients)) return [];
  return recipients
    .map((recipient) => (recipient instanceof Map ? recipient.get(HEADER) : undefined))
    .filter((header) => header instanceof Map);
}

/** What stands before the fragment of a DID URL; undefined where one of both is missing. */
function didOf(keyId: string): string | undefined {
  const hash = keyId.indexOf('#');
  return hash > 0 ? keyId.slice(0, hash) : undefined;
}

function isSame(value: CompactValue | undefined, bytes: Uint8Array): boolean {
  return value instanceof Uint8Array && equalBytes(value, bytes);
}

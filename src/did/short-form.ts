import { concatBytes, utf8 } from '../core/bytes.js';
import { decodeMultibase58, encodeMultibase58 } from '../crypto/multikey.js';
import type { Primitives } from '../crypto/primitives.js';
import { isDid } from '../envelope/did-url.js';

/*
 * The DIDs that are hashes of longer ones: did:peer:3 of did:peer:2, and the short did:peer:4 of the long (Peer DID
 * Method, "Method 3" and "Method 4"). The long form proves the short one; the short form says nothing of the long.
 */

const PEER_2 = 'did:peer:2';
const PEER_3 = 'did:peer:3';
const PEER_4 = 'did:peer:4';

/** A multihash: SHA2-256, 32 bytes. */
const SHA2_256 = new Uint8Array([0x12, 0x20]);
const MULTIHASH_BYTES = 34;
/** 34 bytes take 46 or 47 base58 characters, and the `z`. */
const MAX_MULTIHASH_CHARS = 48;

/** `z` and base58btc of the SHA2-256 multihash of a text. */
export function multihashOf(primitives: Primitives, text: string): string {
  return encodeMultibase58(concatBytes(SHA2_256, primitives.sha256(utf8(text))));
}

/** The two parts of a long did:peer:4, or undefined. The encoded document may be empty. */
export function splitPeer4(did: string): { short: string; encodedDocument: string } | undefined {
  const at = did.indexOf(':', PEER_4.length);
  if (!did.startsWith(PEER_4) || at < 0) return undefined;
  return { short: did.slice(0, at), encodedDocument: did.slice(at + 1) };
}

/**
 * The short form of a did:peer:2 or of a long did:peer:4; undefined for every other text, also for a did:peer:4 whose
 * hash is not that of its document: otherwise anybody could write a DID that is equal to somebody else's.
 */
export function shortFormOf(primitives: Primitives, did: string): string | undefined {
  if (!isDid(did)) return undefined;
  if (did.startsWith(`${PEER_2}.`)) return `${PEER_3}${multihashOf(primitives, did.slice(PEER_2.length))}`;
  const parts = splitPeer4(did);
  if (parts === undefined) return undefined;
  return parts.short === `${PEER_4}${multihashOf(primitives, parts.encodedDocument)}` ? parts.short : undefined;
}

/** Throws ERR_MULTIBASE, ERR_TOO_LARGE when `text` is not the multihash of a short form; true when it is SHA2-256. */
export function isMultihash(text: string): boolean {
  const bytes = decodeMultibase58(text, MAX_MULTIHASH_CHARS, 'its hash');
  return bytes.length === MULTIHASH_BYTES && bytes[0] === SHA2_256[0] && bytes[1] === SHA2_256[1];
}

import { equalBytes, utf8 } from '../../core/bytes.js';
import { crc32c } from '../crc32c.js';
import { CONTENT_HASH_BYTES, type PartialKey, type Piece } from '../partial-store.js';

/*
 * The file of a partial message. Numbers are big-endian, checks CRC-32C of everything before them in their part.
 *
 *   header   magic (8)  length of the message (4)  hash (32)  length of the peer's name (2)  peer, UTF-8  check (4)
 *   record   offset (4)  length (4)  check of both (4)  bytes  check of the bytes (4)
 */

const MAGIC = utf8('wpartial');
const FIXED_BYTES = MAGIC.length + 4 + CONTENT_HASH_BYTES + 2;
const CHECK_BYTES = 4;
/** A name has at most 512 characters, of which each takes up to three bytes. */
const MAX_PEER_BYTES = 3 * 512;

export const HEADER_LIMIT_BYTES = FIXED_BYTES + MAX_PEER_BYTES + CHECK_BYTES;
export const RECORD_HEAD_BYTES = 12;

export function encodeHeader({ peer, hash, lengthBytes }: PartialKey): Uint8Array {
  const name = utf8(peer);
  const header = new Uint8Array(FIXED_BYTES + name.length + CHECK_BYTES);
  const view = viewOf(header);
  header.set(MAGIC);
  view.setUint32(MAGIC.length, lengthBytes);
  header.set(hash, MAGIC.length + 4);
  view.setUint16(FIXED_BYTES - 2, name.length);
  header.set(name, FIXED_BYTES);
  view.setUint32(FIXED_BYTES + name.length, crc32c(header.subarray(0, FIXED_BYTES + name.length)));
  return header;
}

/** The header at the beginning of `bytes`, and how long it is; undefined when there is none. */
export function readHeader(bytes: Uint8Array): { readonly key: PartialKey; readonly bytesUsed: number } | undefined {
  if (bytes.length < FIXED_BYTES || !equalBytes(bytes.subarray(0, MAGIC.length), MAGIC)) return undefined;
  const view = viewOf(bytes);
  const checkAt = FIXED_BYTES + view.getUint16(FIXED_BYTES - 2);
  if (checkAt + CHECK_BYTES > bytes.length) return undefined;
  if (view.getUint32(checkAt) !== crc32c(bytes.subarray(0, checkAt))) return undefined;
  const key = {
    peer: new TextDecoder().decode(bytes.subarray(FIXED_BYTES, checkAt)),
    hash: bytes.slice(MAGIC.length + 4, MAGIC.length + 4 + CONTENT_HASH_BYTES),
    lengthBytes: view.getUint32(MAGIC.length),
  };
  return { key, bytesUsed: checkAt + CHECK_BYTES };
}

export function encodeRecord({ offset, bytes }: Piece): Uint8Array {
  const record = new Uint8Array(RECORD_HEAD_BYTES + bytes.length + CHECK_BYTES);
  const view = viewOf(record);
  view.setUint32(0, offset);
  view.setUint32(4, bytes.length);
  view.setUint32(8, crc32c(record.subarray(0, 8)));
  record.set(bytes, RECORD_HEAD_BYTES);
  view.setUint32(RECORD_HEAD_BYTES + bytes.length, crc32c(bytes));
  return record;
}

/**
 * What the head of a record says: how long the record is, and how to read it once it is there. Undefined when it is no
 * head, or leads out of a message of `lengthBytes`: nothing is allocated for what a damaged file claims.
 */
export function readRecord(
  head: Uint8Array,
  lengthBytes: number,
): { readonly recordBytes: number; read(record: Uint8Array): Piece | undefined } | undefined {
  if (head.length < RECORD_HEAD_BYTES) return undefined;
  const view = viewOf(head);
  const [offset, length] = [view.getUint32(0), view.getUint32(4)];
  if (view.getUint32(8) !== crc32c(head.subarray(0, 8)) || offset + length > lengthBytes) return undefined;
  const recordBytes = RECORD_HEAD_BYTES + length + CHECK_BYTES;
  return {
    recordBytes,
    read(record) {
      if (record.length < recordBytes) return undefined;
      const bytes = record.subarray(RECORD_HEAD_BYTES, RECORD_HEAD_BYTES + length);
      return viewOf(record).getUint32(RECORD_HEAD_BYTES + length) === crc32c(bytes) ? { offset, bytes } : undefined;
    },
  };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

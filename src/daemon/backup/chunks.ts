import { createCipheriv, createDecipheriv } from 'node:crypto';
import { concatBytes, uint32be } from '../../core/bytes.js';
import { WaypostError } from '../../core/errors.js';

/*
 * A long stream of bytes as a sequence of chunks: a flag (1 for the last), four bytes of length, the bytes. Encrypted,
 * each chunk is sealed by AES-256-GCM with its number and its flag in the nonce (the STREAM construction of Hoang,
 * Reyhanitabar, Rogaway and Vizár), so that nothing is used before it is verified, and chunks can be neither left out nor
 * swapped, nor the end be cut off. The key is fresh for each backup, so that numbers make good nonces.
 */

/** How chunks are encrypted; `header` is what stands before them and is bound to them. */
export interface ChunkKey {
  readonly key: Uint8Array;
  readonly header: Uint8Array;
}

const CHUNK_BYTES = 2 ** 18;
const FRAME_BYTES = 5;
const TAG_BYTES = 16;

/** Cuts a stream into chunks. Without a key they are not encrypted. */
export async function* toChunks(stream: AsyncIterable<Uint8Array>, key?: ChunkKey): AsyncGenerator<Uint8Array> {
  let number = 0;
  let pending: Uint8Array = new Uint8Array();
  for await (const piece of stream) {
    pending = concatBytes(pending, piece);
    // What is left may be the last chunk, which is marked; so one is always kept back.
    while (pending.length > CHUNK_BYTES) {
      yield chunk(pending.subarray(0, CHUNK_BYTES), number++, false, key);
      pending = pending.subarray(CHUNK_BYTES);
    }
  }
  yield chunk(pending, number, true, key);
}

/** Reads bytes of a file one after the other; fewer than asked for only at its end. */
export type ReadBytes = (count: number) => Promise<Uint8Array>;

/**
 * The stream that was cut. Throws ERR_BACKUP for damage and a missing end, ERR_PASSPHRASE when already the first chunk
 * does not open.
 */
export async function* fromChunks(read: ReadBytes, key?: ChunkKey): AsyncGenerator<Uint8Array> {
  for (let number = 0; ; number++) {
    const frame = await read(FRAME_BYTES);
    const [flag = 2, ...lengthBytes] = frame;
    const length = lengthBytes.reduce((value, byte) => value * 256 + byte, 0);
    if (frame.length < FRAME_BYTES || flag > 1 || length > CHUNK_BYTES + TAG_BYTES) throw damaged();
    const bytes = await read(length);
    if (bytes.length < length) throw damaged();
    yield key === undefined ? bytes : open(bytes, number, flag === 1, key);
    if (flag === 1) {
      if ((await read(1)).length > 0) throw damaged();
      return;
    }
  }
}

function chunk(bytes: Uint8Array, number: number, isLast: boolean, key: ChunkKey | undefined): Uint8Array {
  const content = key === undefined ? bytes : sealChunk(bytes, number, isLast, key);
  return concatBytes(new Uint8Array([isLast ? 1 : 0]), uint32be(content.length), content);
}

function sealChunk(bytes: Uint8Array, number: number, isLast: boolean, { key, header }: ChunkKey): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, nonce(number, isLast)).setAAD(header);
  return concatBytes(cipher.update(bytes), cipher.final(), cipher.getAuthTag());
}

function open(bytes: Uint8Array, number: number, isLast: boolean, { key, header }: ChunkKey): Uint8Array {
  if (bytes.length < TAG_BYTES) throw damaged();
  const options = { authTagLength: TAG_BYTES };
  const decipher = createDecipheriv('aes-256-gcm', key, nonce(number, isLast), options).setAAD(header);
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  const content = decipher.update(bytes.subarray(0, -TAG_BYTES));
  try {
    return concatBytes(content, decipher.final());
  } catch {
    if (number > 0) throw damaged();
    throw new WaypostError('ERR_PASSPHRASE', 'the backup does not open: the passphrase is wrong, or it is damaged');
  }
}

function nonce(number: number, isLast: boolean): Uint8Array {
  return concatBytes(new Uint8Array(7), uint32be(number), new Uint8Array([isLast ? 1 : 0]));
}

export function damaged(): WaypostError {
  return new WaypostError('ERR_BACKUP', 'the backup is damaged or incomplete');
}

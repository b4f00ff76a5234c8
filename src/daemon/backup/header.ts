import { utf8 } from '../../core/bytes.js';
import { WaypostError } from '../../core/errors.js';
import { parseJsonObject } from '../../core/json.js';
import { deriveKey, type KeyDerivation, newKeyDerivation, toKeyDerivation } from '../passphrase-key.js';
import type { ChunkKey, ReadBytes } from './chunks.js';

/*
 * A backup begins with one line of JSON, `{"format","version"}` and, when it is encrypted, `"kdf"`; chunks follow.
 */
const FORMAT = 'waypost-backup';
const VERSION = 1;
const LIMITS = { maxBytes: 1024, maxDepth: 4 };
const NEWLINE = 0x0a;

export interface Header {
  readonly bytes: Uint8Array;
  /** Undefined for a backup that is not encrypted. */
  readonly key: ChunkKey | undefined;
}

/** The header of a new backup; without a passphrase it is not encrypted. */
export async function newHeader(passphrase: string | undefined): Promise<Header> {
  const kdf = passphrase === undefined ? undefined : newKeyDerivation();
  const bytes = utf8(`${JSON.stringify({ format: FORMAT, version: VERSION, ...(kdf && { kdf }) })}\n`);
  return { bytes, key: await chunkKey(passphrase, kdf, bytes) };
}

/** Reads the header of a backup. Throws ERR_BACKUP, ERR_PASSPHRASE when it is encrypted and there is no passphrase. */
export async function readHeader(read: ReadBytes, passphrase: string | undefined): Promise<Header> {
  const bytes = await readLine(read);
  const header = parse(bytes);
  if (header.format !== FORMAT) throw notABackup();
  if (header.version !== VERSION) throw new WaypostError('ERR_BACKUP', 'the backup was made by a newer version');
  if (header.kdf === undefined) return { bytes, key: undefined };
  const kdf = toKeyDerivation(header.kdf);
  if (kdf === undefined) throw new WaypostError('ERR_BACKUP', 'the backup is encrypted in an unknown way');
  if (passphrase === undefined) {
    throw new WaypostError(
      'ERR_PASSPHRASE',
      'the backup is encrypted: give its passphrase with --passphrase-file FILE',
    );
  }
  return { bytes, key: await chunkKey(passphrase, kdf, bytes) };
}

async function chunkKey(
  passphrase: string | undefined,
  kdf: KeyDerivation | undefined,
  header: Uint8Array,
): Promise<ChunkKey | undefined> {
  if (passphrase === undefined || kdf === undefined) return undefined;
  return { key: await deriveKey(passphrase, kdf), header };
}

async function readLine(read: ReadBytes): Promise<Uint8Array> {
  const bytes: number[] = [];
  while (bytes.length < LIMITS.maxBytes) {
    const [byte] = await read(1);
    if (byte === undefined) break;
    bytes.push(byte);
    if (byte === NEWLINE) return new Uint8Array(bytes);
  }
  throw notABackup();
}

function parse(bytes: Uint8Array): Record<string, unknown> {
  try {
    return parseJsonObject(bytes, LIMITS, 'the header');
  } catch {
    throw notABackup();
  }
}

function notABackup(): WaypostError {
  return new WaypostError('ERR_BACKUP', 'the file is not a backup of waypost');
}

import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../core/clock.js';
import { quote, WaypostError } from '../../core/errors.js';
import type { PartialKey, PartialLimits, PartialStore, Piece } from '../partial-store.js';
import { openPartials, type PartialBacking, partialId } from '../partials.js';
import {
  encodeHeader,
  encodeRecord,
  HEADER_LIMIT_BYTES,
  RECORD_HEAD_BYTES,
  readHeader,
  readRecord,
} from './partial-journal.js';

/** Where the files are, the `clock` that ages are counted by, and `limits` that differ from {@link DEFAULT_PARTIAL_LIMITS}. */
export interface PartialFilesOptions {
  /** Made when it is not there. Nothing else may lie in it under a name that ends in `.partial`. */
  readonly folder: string;
  readonly clock: Clock;
  readonly limits?: Partial<PartialLimits>;
}

const SUFFIX = '.partial';
const MAX_LENGTH_BYTES = 0xffff_ffff;

/**
 * A store of partial messages in a folder: one file a message, to which what arrived is appended and synced. It survives
 * a kill and a power cut at any moment: what was not finished is not there. Throws ERR_FILE when the folder cannot be used.
 */
export async function openPartialFiles({ folder, clock, limits }: PartialFilesOptions): Promise<PartialStore> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw fileError('create', folder, cause);
  }
  return openPartials({ backing: new PartialFiles(folder), clock, ...(limits && { limits }) });
}

class PartialFiles implements PartialBacking {
  readonly #folder: string;
  /** Where to append, for files that were read or written: behind the last record that is good. */
  readonly #ends = new Map<string, number>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  async list(): Promise<{ key: PartialKey; touchedAtMs: number }[]> {
    const names = await attempt('read', this.#folder, () => readdir(this.#folder));
    const found: { key: PartialKey; touchedAtMs: number }[] = [];
    for (const name of names.filter((name) => name.endsWith(SUFFIX))) {
      const stored = await this.#look(join(this.#folder, name));
      if (stored !== undefined) found.push(stored);
    }
    return found;
  }

  async load(key: PartialKey): Promise<readonly Piece[]> {
    const path = this.#pathOf(key);
    const file = await openFile(path, constants.O_RDONLY);
    if (file === undefined) return [];
    await using _closing = file;
    return await attempt('read', path, async () => {
      const { bytesUsed } = readHeader(await readAt(file, 0, HEADER_LIMIT_BYTES)) ?? { bytesUsed: 0 };
      const { pieces, end } = await readRecords(file, bytesUsed, key.lengthBytes);
      this.#ends.set(partialId(key), bytesUsed === 0 ? 0 : end);
      return bytesUsed === 0 ? [] : pieces;
    });
  }

  async append(key: PartialKey, pieces: readonly Piece[]): Promise<void> {
    if (key.lengthBytes > MAX_LENGTH_BYTES) {
      throw new WaypostError(
        'ERR_TOO_LARGE',
        `a message of ${key.lengthBytes} bytes, the limit is ${MAX_LENGTH_BYTES}`,
      );
    }
    const path = this.#pathOf(key);
    await attempt('write', path, async () => {
      const begun = this.#ends.get(partialId(key)) ?? 0;
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW;
      await using file = await open(path, flags, 0o600);
      if (begun === 0) await file.truncate(0);
      const parts = [...(begun === 0 ? [encodeHeader(key)] : []), ...pieces.map(encodeRecord)];
      const bytes = Buffer.concat(parts);
      await writeAll(file, bytes, begun);
      await file.datasync();
      if (begun === 0) await syncFolder(this.#folder);
      this.#ends.set(partialId(key), begun + bytes.length);
    });
  }

  async remove(key: PartialKey): Promise<void> {
    this.#ends.delete(partialId(key));
    const path = this.#pathOf(key);
    await unlink(path).catch((cause) => {
      if (codeOf(cause) !== 'ENOENT') throw fileError('remove', path, cause);
    });
  }

  /** What a file is about. One that was begun and not finished is removed; what cannot be opened is left alone. */
  async #look(path: string): Promise<{ key: PartialKey; touchedAtMs: number } | undefined> {
    const file = await openFile(path, constants.O_RDONLY).catch(() => undefined);
    if (file === undefined) return undefined;
    await using _closing = file;
    const stats = await file.stat();
    if (!stats.isFile()) return undefined;
    const key = readHeader(await readAt(file, 0, HEADER_LIMIT_BYTES))?.key;
    if (key !== undefined && this.#pathOf(key) === path) return { key, touchedAtMs: stats.mtimeMs };
    await unlink(path).catch(() => undefined);
    return undefined;
  }

  /** The name says nothing of the peer, who chose some of the text that would be in it. */
  #pathOf(key: PartialKey): string {
    return join(this.#folder, `${createHash('sha256').update(partialId(key)).digest('hex')}${SUFFIX}`);
  }
}

/** Records from `start` on, up to the first that is not whole: behind it nothing can be trusted to begin where it says. */
async function readRecords(file: FileHandle, start: number, lengthBytes: number) {
  const pieces: Piece[] = [];
  let end = start;
  for (;;) {
    const head = await readAt(file, end, RECORD_HEAD_BYTES);
    const record = readRecord(head, lengthBytes);
    if (record === undefined) break;
    const bytes = await readAt(file, end, record.recordBytes);
    const piece = record.read(bytes);
    if (piece === undefined) break;
    pieces.push(piece);
    end += record.recordBytes;
  }
  return { pieces, end };
}

/** Undefined when there is no such file. Links are not followed, and a pipe is not waited for. */
async function openFile(path: string, flags: number): Promise<FileHandle | undefined> {
  try {
    return await open(path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw fileError('open', path, cause);
  }
}

/** Up to `length` bytes; fewer at the end of the file. */
async function readAt(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written);
    written += bytesWritten;
  }
}

/** The name of a new file is durable only when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, constants.O_RDONLY);
  await handle.sync();
}

async function attempt<T>(what: string, path: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    throw cause instanceof WaypostError ? cause : fileError(what, path, cause);
  }
}

function fileError(what: string, path: string, cause: unknown): WaypostError {
  const why = `cannot ${what} ${quote(path, 300)}: ${codeOf(cause) ?? String(cause)}`;
  return new WaypostError('ERR_FILE', why, { cause, retryable: true });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { WaypostError } from '../core/errors.js';
import { isJsonObject } from '../core/json.js';
import type { PersistentMap } from '../did/persistent-map.js';
import { attempt, isSystemError, writeFileAtomic } from './data-folder/atomic-file.js';

export interface FileMapOptions {
  readonly maxEntries: number;
  /** Bytes of a value in UTF-8. */
  readonly maxValueBytes: number;
  /**
   * What a new key does to a full map: `refuse` throws ERR_TOO_LARGE, `forget-oldest` gives up the value that was set
   * longest ago. A cache may forget; what cannot be had again may not.
   */
  readonly whenFull: 'refuse' | 'forget-oldest';
  /** Told the path of a damaged entry after it was set aside. */
  readonly onDamaged?: (file: string) => void;
}

/*
 * One file for each entry, named by the SHA-256 of its key, so that no key can be a path. A file holds the SHA-256 of
 * its second line, and then that line: the key and the value as a JSON object. A new value is written beside the old
 * one, synced, and renamed over it; then the folder is synced. A power cut leaves the old value or the new one.
 */
const ENTRY_NAME = /^[0-9a-f]{64}$/;
const TEMPORARY = '.tmp';
const DAMAGED = '.damaged';
const DIGEST_CHARS = 64;
const MAX_KEY_CHARS = 20_000;
/** Every UTF-8 byte of key or value takes at most six in JSON. */
const JSON_GROWTH = 6;

/**
 * Opens a map whose entries are files in `folder`, which is made when it is missing. Only one process may use a folder.
 * `get` sets a damaged entry aside and gives undefined; a value over the limit is ERR_TOO_LARGE; what the file system
 * refuses is ERR_FILE (retryable). Writes are done one after the other.
 */
export async function openFileMap(folder: string, options: FileMapOptions): Promise<PersistentMap> {
  return attempt(folder, async () => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const names = await readdir(folder);
    // What a power cut left half written was never promised to anybody.
    for (const name of names.filter((name) => name.endsWith(TEMPORARY))) await rm(path.join(folder, name));
    return new FileMap(folder, options, await oldestFirst(folder, names));
  });
}

class FileMap implements PersistentMap {
  readonly #folder: string;
  readonly #options: FileMapOptions;
  /** Names of the entries, the one that was set longest ago first. */
  readonly #names: Set<string>;
  #lastWrite: Promise<void> = Promise.resolve();

  constructor(folder: string, options: FileMapOptions, names: readonly string[]) {
    this.#folder = folder;
    this.#options = options;
    this.#names = new Set(names);
  }

  async get(key: string): Promise<string | undefined> {
    const name = hash(key);
    if (!this.#names.has(name)) return undefined;
    const file = path.join(this.#folder, name);
    return attempt(file, async () => {
      const entry = await this.#read(file, key);
      if (entry !== 'damaged') return entry?.value;
      await this.#enqueue(() => this.#setAside(name, key));
      return undefined;
    });
  }

  async set(key: string, value: string): Promise<void> {
    const { maxEntries, maxValueBytes, whenFull } = this.#options;
    const bytes = Buffer.byteLength(value);
    if (bytes > maxValueBytes || key.length > MAX_KEY_CHARS) {
      throw new WaypostError(
        'ERR_TOO_LARGE',
        `an entry with a key of ${key.length} characters and a value of ${bytes} bytes is over the limits of ` +
          `${MAX_KEY_CHARS} and ${maxValueBytes}`,
      );
    }
    const name = hash(key);
    await this.#enqueue(async () => {
      if (!this.#names.has(name) && this.#names.size >= maxEntries) {
        if (whenFull === 'refuse') {
          throw new WaypostError('ERR_TOO_LARGE', `${this.#folder} holds ${this.#names.size} entries, the limit`);
        }
        await this.#forgetOldest();
      }
      await writeFileAtomic(path.join(this.#folder, name), encode(key, value));
      this.#names.delete(name);
      this.#names.add(name);
    });
  }

  #enqueue(write: () => Promise<void>): Promise<void> {
    const done = this.#lastWrite.then(write);
    this.#lastWrite = done.catch(() => undefined);
    return done;
  }

  /** Undefined when the file is gone, which happens when another call has just forgotten it or set it aside. */
  async #read(file: string, key: string): Promise<{ readonly value: string } | 'damaged' | undefined> {
    const maxFileBytes = DIGEST_CHARS + (MAX_KEY_CHARS + this.#options.maxValueBytes) * JSON_GROWTH;
    try {
      if ((await stat(file)).size > maxFileBytes) return 'damaged';
      return decode(await readFile(file, 'utf8'), key) ?? 'damaged';
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) return undefined;
      throw error;
    }
  }

  async #forgetOldest(): Promise<void> {
    const [oldest] = this.#names;
    if (oldest === undefined) return;
    await rm(path.join(this.#folder, oldest), { force: true });
    this.#names.delete(oldest);
  }

  async #setAside(name: string, key: string): Promise<void> {
    const file = path.join(this.#folder, name);
    // Looked at again, in turn with the writes: a good value may have come in between.
    if ((await this.#read(file, key)) !== 'damaged') return;
    this.#names.delete(name);
    await rename(file, `${file}${DAMAGED}`);
    this.#options.onDamaged?.(`${file}${DAMAGED}`);
  }
}

async function oldestFirst(folder: string, names: readonly string[]): Promise<string[]> {
  const entries: { readonly name: string; readonly setAtMs: number }[] = [];
  for (const name of names) {
    if (!ENTRY_NAME.test(name)) continue;
    entries.push({ name, setAtMs: (await stat(path.join(folder, name))).mtimeMs });
  }
  return entries.sort((a, b) => a.setAtMs - b.setAtMs).map((entry) => entry.name);
}

function encode(key: string, value: string): string {
  const line = JSON.stringify({ key, value });
  return `${hash(line)}\n${line}`;
}

/** The entry in a file that is whole and belongs to `key`. */
function decode(content: string, key: string): { readonly value: string } | undefined {
  const line = content.slice(DIGEST_CHARS + 1);
  if (content !== `${hash(line)}\n${line}`) return undefined;
  const entry: unknown = JSON.parse(line);
  if (!isJsonObject(entry) || entry.key !== key || typeof entry.value !== 'string') return undefined;
  return { value: entry.value };
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

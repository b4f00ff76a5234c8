import { type FSWatcher, watch } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { WaypostError } from '../../src/core/errors.js';
import type { Logger } from '../../src/core/logger.js';
import type { Timers } from '../../src/transport/reconnect.js';
import { listNames, readForeignFile } from './files.js';
import type { EncodedPicture, PictureSource } from './source.js';

export interface FolderSourceOptions {
  readonly folder: string;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly maxPictureBytes: number;
  /** Some file systems (network, some removable media) report no changes, so it looks by itself as well. Default 2 s. */
  readonly lookEveryMs?: number;
}

/** In a folder with more files than these the rest is passed over, and the log says so. */
const MAX_FILES = 20_000;

/**
 * The pictures in a folder, in the order of their names, and those that come into it. A file that changes is read
 * again. Only regular files directly in the folder: no links, and no names with a dot in front. Reads and never deletes.
 * Throws ERR_LISTEN when the folder cannot be read now; later, a folder that is away (a stick) is waited for.
 */
export async function openFolderSource(options: FolderSourceOptions): Promise<PictureSource> {
  await listNames(options.folder, 1).catch((cause: unknown) => {
    throw new WaypostError('ERR_LISTEN', `a folder of pictures: ${messageOf(cause)}`, { cause });
  });
  return new FolderSource(options);
}

class FolderSource implements PictureSource {
  readonly #options: FolderSourceOptions;
  readonly #closing = new AbortController();
  /** What was read, by name: size and time of the last change. */
  #seen = new Map<string, string>();
  /** Aborts when there is something new. */
  #news = new AbortController();

  constructor(options: FolderSourceOptions) {
    this.#options = options;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<EncodedPicture, void, undefined> {
    const { folder, logger, lookEveryMs = 2000, timers } = this.#options;
    let trouble = '';
    while (!this.#closing.signal.aborted) {
      this.#news = new AbortController();
      const watcher = watchFor(folder, this.#news);
      try {
        yield* this.#look();
        trouble = '';
      } catch (error) {
        if (trouble !== messageOf(error)) logger.warn('qr.folder.away', { reason: messageOf(error) });
        trouble = messageOf(error);
      }
      const wakeUp = AbortSignal.any([this.#closing.signal, this.#news.signal]);
      await timers.sleep(lookEveryMs, wakeUp).catch(() => undefined);
      watcher?.close();
    }
  }

  repeat(): void {
    this.#seen.clear();
    this.#news.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
  }

  /** Everything that is new or has changed since the last look. */
  async *#look(): AsyncGenerator<EncodedPicture, void, undefined> {
    const { folder, logger } = this.#options;
    const names = await listNames(folder, MAX_FILES);
    if (names.length === MAX_FILES) logger.warn('qr.folder.full', { folder, limitFiles: MAX_FILES });
    const known = this.#seen;
    // What has gone is forgotten, so that this holds no more names than the folder.
    this.#seen = new Map(names.flatMap((name) => [[name, known.get(name) ?? '']]));
    for (const name of names) {
      if (this.#closing.signal.aborted) return;
      const picture = await this.#readNew(name);
      if (picture !== undefined) yield picture;
    }
  }

  async #readNew(name: string): Promise<EncodedPicture | undefined> {
    const { folder, logger, maxPictureBytes } = this.#options;
    const path = join(folder, name);
    try {
      const { size, mtimeMs } = await lstat(path);
      const version = `${size} ${mtimeMs}`;
      if (this.#seen.get(name) === version) return undefined;
      this.#seen.set(name, version);
      return { name: path, bytes: await readForeignFile(path, maxPictureBytes) };
    } catch (error) {
      logger.warn('qr.picture.skipped', { reason: messageOf(error) });
      return undefined;
    }
  }
}

/** Aborts `news` when something in the folder changes; undefined where the system cannot tell. */
function watchFor(folder: string, news: AbortController): FSWatcher | undefined {
  try {
    const watcher = watch(folder, { persistent: false }, () => news.abort());
    return watcher.on('error', () => undefined);
  } catch {
    return undefined;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

import { constants, type FileHandle, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { quote, WaypostError } from '../../src/core/errors.js';
import { mediaTypeOf } from '../../src/transport/media-type.js';
import { type Listing, listMessages, type MessageFile } from './listing.js';
import { isSystemError, onMedium } from './medium.js';
import { isLabel, messageName, REFUSED, UNFINISHED } from './names.js';
import { readPlainFile, writePlainFile } from './plain-file.js';

export interface FolderLimits {
  /** A larger file is not read. */
  readonly maxMessageBytes: number;
  /** Names looked at, of whatever kind; a folder with more is read up to here. */
  readonly maxEntries: number;
}

/**
 * A folder with message files, on a stick or anywhere else. It stays the same folder while it is open, whatever is
 * mounted or moved at its path meanwhile: what is meant for a stick never ends up on the disk under it.
 *
 * All methods throw ERR_MEDIUM for what the medium refuses.
 */
export interface MessageFolder extends AsyncDisposable {
  /** As it was opened, for people. */
  readonly path: string;
  /** The message files, in the order in which they must be processed. */
  list(): Promise<Listing>;
  /** Throws ERR_FILE_REFUSED, ERR_TOO_LARGE. */
  read(file: Pick<MessageFile, 'name'>): Promise<Uint8Array>;
  /**
   * Adds a message behind all that were listed or written so far. It appears whole or not at all; that it survives
   * pulling the plug is certain after `sync`. `label` is 1 to 100 of a-z, 0-9 and hyphen, and should be nobody else's.
   */
  write(label: string, message: Uint8Array): Promise<MessageFile>;
  /** A small file beside the messages, such as `waypost-1234abcd.json`. Replaces one of that name. */
  writeBeside(name: string, content: Uint8Array): Promise<void>;
  /** Undefined when there is none. Throws like `read`. */
  readBeside(name: string, maxBytes: number): Promise<Uint8Array | undefined>;
  /** A file that is gone already is no error. */
  remove(file: Pick<MessageFile, 'name'>): Promise<void>;
  /** Hides a message from readers, by a further ending, for people to look at. */
  setAside(file: Pick<MessageFile, 'name'>): Promise<void>;
  /** All that was written, removed or set aside is durable when it resolves. */
  sync(): Promise<void>;
}

const OPEN_FOLDER = constants.O_RDONLY | constants.O_DIRECTORY;
const OPEN_SUBFOLDER = OPEN_FOLDER | constants.O_NOFOLLOW;

/** Opens a folder, which may itself be reached over a link. Throws ERR_MEDIUM. */
export async function openMessageFolder(folder: string, limits: FolderLimits): Promise<MessageFolder> {
  const absolute = path.resolve(folder);
  const handle = await onMedium(absolute, () => open(absolute, OPEN_FOLDER));
  return new OpenFolder(absolute, handle, limits);
}

class OpenFolder implements MessageFolder {
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #limits: FolderLimits;
  #lastOrdinal = 0n;
  #isNumbered = false;
  #closing: Promise<void> | undefined;

  constructor(absolute: string, handle: FileHandle, limits: FolderLimits) {
    this.path = absolute;
    this.#handle = handle;
    this.#limits = limits;
  }

  async list(): Promise<Listing> {
    const listing = await this.#attempt(() => listMessages(reachOf(this.#handle, this.path), this.#limits.maxEntries));
    for (const { ordinal = 0n } of listing.files) if (ordinal > this.#lastOrdinal) this.#lastOrdinal = ordinal;
    this.#isNumbered = true;
    return listing;
  }

  read({ name }: Pick<MessageFile, 'name'>): Promise<Uint8Array> {
    return this.#at(name, async (file) => {
      try {
        return await readPlainFile(file, name, this.#limits.maxMessageBytes);
      } catch (cause) {
        // One bad file, or bad spot, is not the end of the others.
        if (!isSystemError(cause)) throw cause;
        const what = `${quote(name, 300)} cannot be read: ${cause.code}`;
        throw new WaypostError('ERR_FILE_REFUSED', what, { cause, retryable: cause.code === 'EIO' });
      }
    });
  }

  async write(label: string, message: Uint8Array): Promise<MessageFile> {
    if (!isLabel(label)) throw new WaypostError('ERR_INVALID_ARGUMENT', `${quote(label)} is no label of a file`);
    if (!this.#isNumbered) await this.list();
    const mediaType = mediaTypeOf(message);
    const ordinal = this.#lastOrdinal + 1n;
    const name = messageName(ordinal, label, mediaType);
    await this.#replace(name, message);
    this.#lastOrdinal = ordinal;
    return { name, mediaType, ordinal, label };
  }

  writeBeside(name: string, content: Uint8Array): Promise<void> {
    return this.#replace(name, content);
  }

  readBeside(name: string, maxBytes: number): Promise<Uint8Array | undefined> {
    return this.#at(name, async (file) => {
      try {
        return await readPlainFile(file, name, maxBytes);
      } catch (error) {
        if (isSystemError(error, 'ENOENT')) return undefined;
        throw error;
      }
    });
  }

  remove({ name }: Pick<MessageFile, 'name'>): Promise<void> {
    return this.#at(name, (file) => rm(file, { force: true }));
  }

  setAside({ name }: Pick<MessageFile, 'name'>): Promise<void> {
    return this.#at(name, (file) => rename(file, `${file}${REFUSED}`));
  }

  sync(): Promise<void> {
    return this.#attempt(async () => {
      try {
        await this.#handle.sync();
      } catch (error) {
        // Some file systems cannot sync a folder; they write its names without being asked.
        if (!isSystemError(error, 'EINVAL', 'ENOTSUP')) throw error;
      }
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#handle.close();
    return this.#closing;
  }

  /** Under a name that no reader looks at, until it is whole. Renaming over an existing file is not whole on FAT. */
  #replace(name: string, content: Uint8Array): Promise<void> {
    return this.#at(name, async (finished) => {
      const unfinished = `${finished}${UNFINISHED}`;
      await rm(unfinished, { force: true });
      try {
        await writePlainFile(unfinished, content);
        await rm(finished, { force: true });
        await rename(unfinished, finished);
      } catch (error) {
        await rm(unfinished, { force: true }).catch(() => {}); // the first error is the one to tell
        throw error;
      }
    });
  }

  async #attempt<T>(action: () => Promise<T>): Promise<T> {
    if (this.#closing) throw new WaypostError('ERR_INTERNAL', `${this.path} was closed`);
    return onMedium(this.path, action);
  }

  /** Runs `action` with a path to the file, on which no folder can turn out to be a link. */
  #at<T>(name: string, action: (file: string) => Promise<T>): Promise<T> {
    return this.#attempt(async () => {
      const handles: FileHandle[] = [];
      try {
        let reach = reachOf(this.#handle, this.path);
        const parts = name.split('/');
        for (const part of parts.slice(0, -1)) {
          const subfolder = path.join(reach, part);
          const handle = await open(subfolder, OPEN_SUBFOLDER);
          handles.push(handle);
          reach = reachOf(handle, subfolder);
        }
        return await action(path.join(reach, parts.at(-1) ?? ''));
      } finally {
        for (const handle of handles) await handle.close();
      }
    });
  }
}

/** Relative to the folder that was opened, not to whatever has its path now. */
function reachOf(handle: FileHandle, folder: string): string {
  return process.platform === 'linux' ? `/proc/self/fd/${handle.fd}` : folder;
}

import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isWaypostError, quote, WaypostError } from '../../src/core/errors.js';
import { DEFAULT_PICTURE_LIMITS, pictureKindOf } from '../../src/core/picture.js';
import { MAX_FRAMED_MESSAGE_BYTES } from '../../src/link/qr-frame.js';
import { type IncompleteMessage, QrReceiver } from '../../src/link/qr-receiver.js';
import { FOREIGN_FILE, fileError, listNames, readWhole } from './files.js';
import type { PictureReader } from './picture-reader.js';
import { picturesOf } from './stream-source.js';

export interface ReadPicturesOptions {
  readonly reader: PictureReader;
  /** Default and most: 1 MiB. */
  readonly maxMessageBytes?: number;
  readonly signal?: AbortSignal;
}

/** What was found in pictures. */
export type PictureFinding =
  | { readonly kind: 'message'; readonly id: Uint8Array; readonly message: Uint8Array }
  /** A file, or a picture in it, that was passed over, and why: ERR_PICTURE, ERR_TOO_LARGE, ERR_FILE, ERR_NETWORK. */
  | { readonly kind: 'skipped'; readonly path: string; readonly reason: WaypostError }
  /** At the end: what more pictures would make whole. */
  | ({ readonly kind: 'incomplete' } & IncompleteMessage);

/**
 * Looks for messages in PNG and JPEG files, in files of many JPEG pictures (MJPEG), and in the files of folders, not of the
 * folders in these. The pictures may be in any order and show several codes. Gives each message once, as soon as it is
 * whole. Throws the signal's reason.
 */
export async function* readPictures(
  paths: readonly string[],
  { reader, maxMessageBytes = MAX_FRAMED_MESSAGE_BYTES, signal }: ReadPicturesOptions,
): AsyncGenerator<PictureFinding, void, undefined> {
  const receiver = new QrReceiver({ maxMessageBytes, maxHeldBytes: 64 * 2 ** 20, maxRemembered: 100_000 });
  for (const given of paths) {
    for await (const path of filesOf(given)) {
      signal?.throwIfAborted();
      if (typeof path === 'string') yield* readFileOfPictures(path, reader, receiver, signal);
      else yield { kind: 'skipped', path: given, reason: path };
    }
  }
  for (const message of receiver.incomplete()) yield { kind: 'incomplete', ...message };
}

/** The file itself, or those in the folder; an error when neither can be read. A link that was named is followed. */
async function* filesOf(given: string): AsyncGenerator<string | WaypostError, void, undefined> {
  try {
    const path = await realpath(given);
    if (!(await stat(path)).isDirectory()) yield path;
    else for (const name of await listNames(path, Number.POSITIVE_INFINITY)) yield join(path, name);
  } catch (cause) {
    yield isWaypostError(cause) ? cause : fileError(given, cause);
  }
}

async function* readFileOfPictures(
  path: string,
  reader: PictureReader,
  receiver: QrReceiver,
  signal: AbortSignal | undefined,
): AsyncGenerator<PictureFinding, void, undefined> {
  try {
    await using file = await open(path, FOREIGN_FILE);
    for await (const bytes of picturesIn(path, file)) {
      signal?.throwIfAborted();
      try {
        for (const text of await reader.read(bytes)) {
          const receipt = receiver.push(text);
          if (receipt.kind === 'message') yield receipt;
        }
      } catch (error) {
        if (!isWaypostError(error)) throw error;
        yield { kind: 'skipped', path, reason: error };
      }
    }
  } catch (cause) {
    signal?.throwIfAborted();
    yield { kind: 'skipped', path, reason: isWaypostError(cause) ? cause : fileError(path, cause) };
  }
}

async function* picturesIn(path: string, file: FileHandle): AsyncGenerator<Uint8Array, void, undefined> {
  const { maxPictureBytes } = DEFAULT_PICTURE_LIMITS;
  if (!(await file.stat()).isFile()) throw new WaypostError('ERR_FILE', `${quote(path, 200)} is not a regular file`);
  const start = new Uint8Array(8);
  await file.read(start, 0, start.length, 0);
  const kind = pictureKindOf(start);
  if (kind === undefined) throw new WaypostError('ERR_PICTURE', `${quote(path, 200)} is neither PNG nor JPEG`);
  if (kind === 'png') {
    yield await readWhole(path, file, maxPictureBytes);
    return;
  }
  let count = 0;
  for await (const { bytes } of picturesOf(file.createReadStream({ start: 0, autoClose: false }), maxPictureBytes)) {
    count++;
    yield bytes;
  }
  if (count === 0) throw new WaypostError('ERR_PICTURE', `${quote(path, 200)} is a damaged JPEG`);
}

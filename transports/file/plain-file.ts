import { constants, type FileHandle, open } from 'node:fs/promises';
import { quote, WaypostError } from '../../src/core/errors.js';
import { isSystemError } from './medium.js';

/** Without waiting: opening a named pipe would otherwise never end. Links are not followed. */
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * The bytes of a file from outside. `name` is how errors call it. Throws ERR_FILE_REFUSED for a symbolic or hard link,
 * a pipe, a device, a folder, or a file that changes meanwhile; ERR_TOO_LARGE before reading; what the system throws.
 */
export async function readPlainFile(path: string, name: string, maxBytes: number): Promise<Uint8Array> {
  const handle = await openPlain(path, name);
  try {
    const before = await handle.stat();
    if (!before.isFile()) throw refused(name, 'is no plain file');
    // A second name may lead to it from where others can change it, or be a trick to have somebody else's file removed.
    if (before.nlink > 1) throw refused(name, 'is a hard link');
    if (before.size > maxBytes) {
      throw new WaypostError('ERR_TOO_LARGE', `${quote(name, 300)} has ${before.size} bytes, the limit is ${maxBytes}`);
    }
    const bytes = await readAll(handle, before.size);
    const after = await handle.stat();
    if (bytes === undefined || after.size !== before.size || after.mtimeMs !== before.mtimeMs) {
      throw refused(name, 'changed while it was read');
    }
    return bytes;
  } finally {
    await handle.close();
  }
}

/** Writes a new file and makes it durable. Throws what the system throws; then there is no such file. */
export async function writePlainFile(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, CREATE, 0o644);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function openPlain(path: string, name: string): Promise<FileHandle> {
  try {
    return await open(path, READ);
  } catch (error) {
    if (isSystemError(error, 'ELOOP', 'EMLINK')) throw refused(name, 'is a symbolic link', error);
    if (isSystemError(error, 'ENXIO', 'EOPNOTSUPP')) throw refused(name, 'is no plain file', error);
    throw error;
  }
}

/** Undefined when there is less, or more, than `size`. */
async function readAll(handle: FileHandle, size: number): Promise<Uint8Array | undefined> {
  // One more than there should be is enough to see that it grew.
  const buffer = new Uint8Array(size + 1);
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return length === size ? buffer.subarray(0, size) : undefined;
}

function refused(name: string, what: string, cause?: unknown): WaypostError {
  return new WaypostError('ERR_FILE_REFUSED', `${quote(name, 300)} ${what}`, { cause });
}

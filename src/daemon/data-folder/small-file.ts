import { open, stat } from 'node:fs/promises';
import { WaypostError } from '../../core/errors.js';
import { attempt, isSystemError } from './atomic-file.js';

/** The content of a file, undefined when there is none. Throws ERR_TOO_LARGE, ERR_FILE. */
export async function readSmallFile(file: string, maxBytes: number): Promise<Buffer | undefined> {
  return attempt(file, async () => {
    try {
      const handle = await open(file, 'r');
      try {
        // One more than allowed is enough to know; the size that a device or a pipe tells is not.
        const buffer = Buffer.alloc(maxBytes + 1);
        let length = 0;
        while (length < buffer.length) {
          const { bytesRead } = await handle.read(buffer, length, buffer.length - length, null);
          if (bytesRead === 0) break;
          length += bytesRead;
        }
        if (length > maxBytes)
          throw new WaypostError('ERR_TOO_LARGE', `${file} is over the limit of ${maxBytes} bytes`);
        return buffer.subarray(0, length);
      } finally {
        await handle.close();
      }
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) return undefined;
      throw error;
    }
  });
}

/** Whether a file or folder is there. Throws ERR_FILE when that cannot be said. */
export async function fileExists(file: string): Promise<boolean> {
  return attempt(file, async () => {
    try {
      await stat(file);
      return true;
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) return false;
      throw error;
    }
  });
}

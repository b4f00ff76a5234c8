import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import { transports } from '../../../transports/index.js';
import { attempt } from '../data-folder/atomic-file.js';

/** What somebody named on a command line, by what it is. */
export interface GivenPaths {
  readonly folders: readonly string[];
  readonly pictures: readonly string[];
  /** Taken for single messages. */
  readonly files: readonly string[];
}

/** PNG and JPEG. */
const PICTURE_STARTS = [
  [0x89, 0x50, 0x4e, 0x47],
  [0xff, 0xd8, 0xff],
];

/** `isQr`: folders hold pictures too. Throws ERR_FILE for what is not there. */
export async function sortPaths(paths: readonly string[], isQr: boolean): Promise<GivenPaths> {
  const sorted = { folders: [] as string[], pictures: [] as string[], files: [] as string[] };
  for (const given of paths) {
    if (isQr) sorted.pictures.push(given);
    else if (await isFolder(given)) sorted.folders.push(given);
    else if (await isPicture(given)) sorted.pictures.push(given);
    else sorted.files.push(given);
  }
  return sorted;
}

/** The content of a single message file. Throws ERR_MEDIUM, ERR_FILE_REFUSED, ERR_TOO_LARGE. */
export async function readMessageFile(file: string): Promise<Uint8Array> {
  const transport = await transports.file();
  await using folder = await transport.openFolder(path.dirname(file));
  return await folder.read({ name: path.basename(file) });
}

function isFolder(given: string): Promise<boolean> {
  return attempt(given, async () => (await stat(given)).isDirectory());
}

function isPicture(given: string): Promise<boolean> {
  return attempt(given, async () => {
    if (!(await stat(given)).isFile()) return false; // reading a pipe would wait for its writer
    const handle = await open(given, 'r');
    try {
      const start = new Uint8Array(4);
      await handle.read(start, 0, start.length, 0);
      return PICTURE_STARTS.some((signature) => signature.every((byte, index) => start[index] === byte));
    } finally {
      await handle.close();
    }
  });
}

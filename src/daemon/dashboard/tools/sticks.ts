import { lstat, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Machine } from '../../machine.js';

/** A stick that messages can be put on. */
export interface StickPlace {
  /** The folder on it that messages are in, the only one that is written to. It may not exist yet. */
  readonly folder: string;
  readonly freeBytes: number | null;
}

/** On each stick. */
const FOLDER = 'waypost';
const MAX_LOOKED_AT = 64;

/**
 * The sticks that are there now. A page must not be able to write anywhere on the disk, so they are looked for only in the
 * folders that the configuration names (`stickFolders`): these themselves, and what is right below them. What is mounted there
 * is a stick; so is a folder in which somebody made a folder `waypost`. An empty folder where a stick would be mounted
 * is none: what was written there would be on the disk of this machine. Links are not followed.
 */
export async function findSticks(
  machine: Pick<Machine, 'fileSystem'>,
  stickFolders: readonly string[],
): Promise<readonly StickPlace[]> {
  const candidates = await Promise.all(stickFolders.map(async (folder) => [folder, ...(await foldersIn(folder))]));
  const places: StickPlace[] = [];
  for (const root of new Set(candidates.flat())) {
    if (!(await isStick(root))) continue;
    const freeBytes = (await machine.fileSystem(root))?.freeBytes ?? null;
    places.push({ folder: path.join(root, FOLDER), freeBytes });
  }
  return places;
}

async function foldersIn(folder: string): Promise<readonly string[]> {
  const entries = await orUndefined(readdir(folder, { withFileTypes: true }));
  const folders = (entries ?? []).filter((entry) => entry.isDirectory() && entry.name !== FOLDER);
  return folders.slice(0, MAX_LOOKED_AT).map(({ name }) => path.join(folder, name));
}

async function isStick(root: string): Promise<boolean> {
  const [own, above, within] = await Promise.all([
    orUndefined(stat(root)),
    orUndefined(stat(path.dirname(root))),
    orUndefined(lstat(path.join(root, FOLDER))),
  ]);
  if (own?.isDirectory() !== true) return false;
  // Another file system, or a link, could lead anywhere.
  if (within !== undefined) return within.isDirectory() && within.dev === own.dev;
  return above !== undefined && above.dev !== own.dev;
}

async function orUndefined<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result;
  } catch {
    return undefined;
  }
}

import { lstat, opendir } from 'node:fs/promises';
import path from 'node:path';
import { quote, WaypostError } from '../../src/core/errors.js';
import { isSystemError } from './medium.js';
import { isPlainName, isThreadFolder, type MessageName, parseMessageName, UNFINISHED } from './names.js';

/** A message file that was found. Whether it can be read shows when it is read. */
export interface MessageFile extends MessageName {
  /** Relative to the folder; with a `/` in it for one of a thread's subfolder. */
  readonly name: string;
}

export interface Listing {
  readonly files: readonly MessageFile[];
  /** Under the name of a message, but not finished: being written, or left behind by a writer that was interrupted. */
  readonly unfinished: readonly MessageFile[];
  /** Names that are passed over although they look like messages, and why: ERR_FILE_REFUSED, ERR_TOO_LARGE. */
  readonly refused: readonly WaypostError[];
}

interface Found extends MessageFile {
  /** Only of those without an ordinal. */
  readonly modifiedAtMs: number;
}

/** `*.threads` holds `*.thid`; there is nothing below. */
const MAX_DEPTH = 2;
/** Names that are reported; a stick full of tricks must not fill the memory with complaints. */
const MAX_REFUSED = 100;

/**
 * Finds the message files of a folder and of the thread folders in it. Links to folders are not followed. First those
 * without an ordinal, by the time of their last change, then the others by ordinal; names decide between equals.
 */
export async function listMessages(folder: string, maxEntries: number): Promise<Listing> {
  const search: Search = { root: folder, left: maxEntries, found: [], unfinished: [], refused: [] };
  await searchFolder(search, '', 0);
  if (search.left < 0) {
    const what = `the folder has more than ${maxEntries} names; the rest is not looked at`;
    search.refused.push(new WaypostError('ERR_TOO_LARGE', what));
  }
  return { files: search.found.sort(inOrder), unfinished: search.unfinished, refused: search.refused };
}

interface Search {
  readonly root: string;
  left: number;
  readonly found: Found[];
  readonly unfinished: MessageFile[];
  readonly refused: WaypostError[];
}

async function searchFolder(search: Search, below: string, depth: number): Promise<void> {
  for await (const entry of await opendir(path.join(search.root, below))) {
    if (--search.left < 0) return;
    const name = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) {
      if (depth < MAX_DEPTH && isThreadFolder(entry.name)) await searchFolder(search, name, depth + 1);
      continue;
    }
    const isUnfinished = entry.name.endsWith(UNFINISHED);
    const parsed = parseMessageName(isUnfinished ? entry.name.slice(0, -UNFINISHED.length) : entry.name);
    if (parsed === undefined) continue;
    if (!isPlainName(entry.name)) refuse(search, `${quote(legible(name), 300)} has a name that cannot be taken`);
    else if (isUnfinished) search.unfinished.push({ ...parsed, name });
    else await add(search, name, parsed);
  }
}

async function add(search: Search, name: string, parsed: MessageName): Promise<void> {
  try {
    const modifiedAtMs = parsed.ordinal === undefined ? (await lstat(path.join(search.root, name))).mtimeMs : 0;
    search.found.push({ ...parsed, name, modifiedAtMs });
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error; // somebody else took it
  }
}

function refuse(search: Search, what: string): void {
  if (search.refused.length < MAX_REFUSED) search.refused.push(new WaypostError('ERR_FILE_REFUSED', what));
}

function inOrder(a: Found, b: Found): number {
  if (a.ordinal !== b.ordinal) {
    if (a.ordinal === undefined) return -1;
    if (b.ordinal === undefined) return 1;
    return a.ordinal < b.ordinal ? -1 : 1;
  }
  if (a.modifiedAtMs !== b.modifiedAtMs) return a.modifiedAtMs - b.modifiedAtMs;
  return a.name < b.name ? -1 : 1;
}

/** What a stranger named a file must not move a cursor, nor turn the direction of writing. */
function legible(name: string): string {
  return name.replace(/[^\x20-\x7e]/gu, '?');
}

import { randomBytes } from 'node:crypto';
import { toBase64url } from '../../core/base64url.js';
import { writeFileAtomic } from './atomic-file.js';
import type { DataFolder } from './layout.js';
import { assertPrivate } from './permissions.js';
import { readSmallFile } from './small-file.js';

const TOKEN_BYTES = 32;
const MAX_FILE_BYTES = 1024;

/** The token of the admin API; made when there is none yet. Throws ERR_DATA_FOLDER when others can read it, ERR_FILE. */
export async function ensureAdminToken(folder: DataFolder): Promise<string> {
  const existing = await readAdminToken(folder);
  if (existing !== undefined) return existing;
  const token = toBase64url(randomBytes(TOKEN_BYTES));
  await writeFileAtomic(folder.adminToken, `${token}\n`);
  return token;
}

/** The same; undefined when there is none. */
export async function readAdminToken(folder: DataFolder): Promise<string | undefined> {
  const content = await readSmallFile(folder.adminToken, MAX_FILE_BYTES);
  if (content === undefined) return undefined;
  await assertPrivate(folder.adminToken);
  const token = content.toString('utf8').trim();
  return token === '' ? undefined : token;
}

import type { Primitives } from '../../crypto/primitives.js';
import { printConfig } from '../config/print.js';
import { createIdentity, type Identity } from '../identity/identity.js';
import { findIdentity, writeIdentity } from '../identity/identity-file.js';
import type { PublicUrl } from '../public-url.js';
import { ensureAdminToken } from './admin-token.js';
import { removeTemporaries, writeFileAtomic } from './atomic-file.js';
import { beginEpoch, readEpoch } from './epoch.js';
import type { DataFolder } from './layout.js';
import { lockDataFolder } from './lock.js';
import { ensurePrivateFolder } from './permissions.js';
import { fileExists } from './small-file.js';

export interface InitialiseOptions {
  readonly primitives: Primitives;
  readonly publicUrls: readonly PublicUrl[];
  readonly passphrase: string | undefined;
}

/**
 * Makes a data folder with a fresh identity, or finds the one that is there and changes nothing. The identity is
 * written last: a folder has one only when it is complete. Throws ERR_DATA_FOLDER, ERR_DATA_FOLDER_BUSY, ERR_PASSPHRASE,
 * ERR_FILE.
 */
export async function initialise(
  folder: DataFolder,
  { primitives, publicUrls, passphrase }: InitialiseOptions,
): Promise<{ readonly identity: Identity; readonly isNew: boolean }> {
  const existing = await findIdentity(folder, passphrase);
  if (existing !== undefined) return { identity: existing, isNew: false };
  await ensurePrivateFolder(folder.path);
  await using _lock = await lockDataFolder(folder, 'init');
  const meanwhile = await findIdentity(folder, passphrase);
  if (meanwhile !== undefined) return { identity: meanwhile, isNew: false };

  await removeTemporaries(folder.path);
  if (!(await fileExists(folder.config))) await writeFileAtomic(folder.config, printConfig({ commentInitial: true }));
  await ensureAdminToken(folder);
  if ((await readEpoch(folder)) === undefined) await beginEpoch(folder, 0);
  await writeFileAtomic(folder.firstRun, 'Goes when the first run in the dashboard is finished: waypost dashboard\n');
  const identity = createIdentity(primitives, publicUrls);
  await writeIdentity(folder, identity, passphrase);
  return { identity, isNew: true };
}

import path from 'node:path';
import { WaypostError } from '../core/errors.js';
import { readSmallFile } from './data-folder/small-file.js';
import type { Environment } from './io.js';

/** The name of the systemd credential (`LoadCredential=waypost-passphrase:...`). */
const CREDENTIAL = 'waypost-passphrase';
const MAX_BYTES = 4096;

/**
 * The passphrase of key files: from the file that `--passphrase-file` or WAYPOST_PASSPHRASE_FILE names, else from the
 * systemd credential, else undefined. One line break at the end is not part of it. Throws ERR_PASSPHRASE.
 */
export async function readPassphrase(option: string | undefined, env: Environment): Promise<string | undefined> {
  const named = option ?? env.WAYPOST_PASSPHRASE_FILE;
  if (named !== undefined && named !== '') return required(named);
  const folder = env.CREDENTIALS_DIRECTORY;
  return folder === undefined || folder === '' ? undefined : read(path.join(folder, CREDENTIAL));
}

async function required(file: string): Promise<string> {
  const passphrase = await read(file);
  if (passphrase === undefined) throw new WaypostError('ERR_PASSPHRASE', `the passphrase file ${file} does not exist`);
  return passphrase;
}

async function read(file: string): Promise<string | undefined> {
  let content: Buffer | undefined;
  try {
    content = await readSmallFile(file, MAX_BYTES);
  } catch (cause) {
    throw new WaypostError('ERR_PASSPHRASE', `the passphrase cannot be read: ${(cause as Error).message}`, { cause });
  }
  const passphrase = content?.toString('utf8').replace(/\r?\n$/, '');
  if (passphrase === '') throw new WaypostError('ERR_PASSPHRASE', `the passphrase file ${file} is empty`);
  return passphrase;
}

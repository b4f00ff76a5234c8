import path from 'node:path';
import { WaypostError } from '../core/errors.js';
import { readSmallFile } from './data-folder/small-file.js';
import { type Environment, type Io, readStdin } from './io.js';

/** The name of the systemd credential (`LoadCredential=waypost-passphrase:...`). */
const CREDENTIAL = 'waypost-passphrase';
const MAX_BYTES = 4096;

/**
 * The passphrase of key files: from the file that `--passphrase-file` or WAYPOST_PASSPHRASE_FILE names (`-` with the option:
 * from standard input), else from the systemd credential, else undefined. One line break at the end is not part of it. Throws
 * ERR_PASSPHRASE.
 */
export async function readPassphrase(option: string | undefined, io: Io): Promise<string | undefined> {
  const env: Environment = io.env ?? {};
  if (option === '-') return checked(await attempt(() => readStdin(io, MAX_BYTES)), 'standard input');
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
  const content = await attempt(() => readSmallFile(file, MAX_BYTES));
  return content === undefined ? undefined : checked(content, `the passphrase file ${file}`);
}

async function attempt<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    throw new WaypostError('ERR_PASSPHRASE', `the passphrase cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function checked(content: Buffer, where: string): string {
  const passphrase = content.toString('utf8').replace(/\r?\n$/, '');
  if (passphrase === '') throw new WaypostError('ERR_PASSPHRASE', `${where} is empty`);
  return passphrase;
}

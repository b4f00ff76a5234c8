import path from 'node:path';
import { WaypostError } from '../../core/errors.js';
import { isJsonObject, parseJson } from '../../core/json.js';
import { writeFileAtomic } from '../data-folder/atomic-file.js';
import type { DataFolder } from '../data-folder/layout.js';
import { fileExists, readSmallFile } from '../data-folder/small-file.js';

/** The mediator that a mailbox is at. */
export interface MailboxMediator {
  /** Of the mediator, in full. */
  readonly did: string;
  readonly invitationId: string;
  /** Where the invitation itself was found, such as `http://127.0.0.1:8080`. */
  readonly foundAt: string | null;
  /** The mediator knows the DID of this mailbox. */
  readonly isRegistered: boolean;
}

const LIMITS = { maxBytes: 64 * 1024, maxDepth: 4 };

const fileOf = (folder: DataFolder): string => path.join(folder.path, 'mediator.json');

/** Whether a data folder is that of a mailbox, and not of a gateway. */
export function isMailbox(folder: DataFolder): Promise<boolean> {
  return fileExists(fileOf(folder));
}

/** Undefined for a folder that is new. Throws ERR_DATA_FOLDER for that of a gateway, or a damaged one. */
export async function readMediator(folder: DataFolder): Promise<MailboxMediator | undefined> {
  const file = fileOf(folder);
  const content = await readSmallFile(file, LIMITS.maxBytes);
  if (content === undefined) {
    if (!(await fileExists(folder.identity))) return undefined;
    const what = `${folder.path} is the data folder of a gateway; "send" and "recv" need one of their own`;
    throw new WaypostError('ERR_DATA_FOLDER', what);
  }
  const value = parseJson(content, LIMITS, file);
  if (isJsonObject(value) && typeof value.did === 'string' && typeof value.invitationId === 'string') {
    const { did, invitationId, foundAt, isRegistered } = value;
    return {
      did,
      invitationId,
      foundAt: typeof foundAt === 'string' ? foundAt : null,
      isRegistered: isRegistered === true,
    };
  }
  throw new WaypostError('ERR_DATA_FOLDER', `${file} is damaged`);
}

export async function writeMediator(folder: DataFolder, mediator: MailboxMediator): Promise<void> {
  await writeFileAtomic(fileOf(folder), `${JSON.stringify(mediator)}\n`);
}

import { quote, WaypostError } from '../../core/errors.js';
import { createNodePrimitives } from '../../crypto/node.js';
import type { Primitives } from '../../crypto/primitives.js';
import { createDid } from '../../did/create.js';
import { newMessageId } from '../../envelope/message.js';
import { parseInvitation } from '../../protocols/out-of-band.js';
import type { DataFolder } from '../data-folder/layout.js';
import { lockDataFolder } from '../data-folder/lock.js';
import { ensurePrivateFolder } from '../data-folder/permissions.js';
import type { OwnDid } from '../identity/identity.js';
import { findIdentity, writeIdentity } from '../identity/identity-file.js';
import { type MailboxMediator, readMediator, writeMediator } from './mediator-file.js';

/** Who somebody with a mailbox is, and at which mediator it is. */
export interface Mailbox {
  readonly folder: DataFolder;
  readonly own: OwnDid;
  readonly mediator: MailboxMediator;
}

/**
 * Reads the mailbox of a data folder, or makes one at the mediator that the invitation is from. Throws ERR_USAGE when there
 * is neither, or when the invitation is from another mediator than the mailbox is at; ERR_DATA_FOLDER, ERR_PASSPHRASE.
 */
export async function openMailbox(
  folder: DataFolder,
  passphrase: string | undefined,
  invitation: string | undefined,
): Promise<Mailbox> {
  const invited = invitation === undefined ? undefined : readInvitation(invitation);
  const mediator = await readMediator(folder);
  const identity = await findIdentity(folder, passphrase);
  if (mediator !== undefined && identity !== undefined) {
    if (invited !== undefined && invited.did !== mediator.did) {
      const what = `${folder.path} has its mailbox at another mediator, ${quote(mediator.did, 60)}; use another --data`;
      throw new WaypostError('ERR_USAGE', what);
    }
    // The same mediator may be found elsewhere today.
    return { folder, own: identity.current, mediator: { ...mediator, foundAt: invited?.foundAt ?? mediator.foundAt } };
  }
  if (invited === undefined) {
    throw new WaypostError('ERR_USAGE', `${folder.path} is no mailbox yet; to make it one: --invitation URL`);
  }
  await ensurePrivateFolder(folder.path);
  await using _lock = await lockDataFolder(folder, 'make a mailbox');
  // Most mediators are their own routing DID; if not, the DID is made anew before anybody has learnt it.
  await writeMediator(folder, invited);
  const own = await replaceOwnDid(folder, passphrase, invited.did);
  return { folder, own, mediator: invited };
}

/** A fresh DID that is reached through `routingDid` (DIDComm v2.1, "Using a DID as an endpoint"). */
export async function replaceOwnDid(
  folder: DataFolder,
  passphrase: string | undefined,
  routingDid: string,
  primitives: Primitives = createNodePrimitives(),
): Promise<OwnDid> {
  const services = [{ t: 'dm', s: { uri: routingDid, a: ['didcomm/v2'] } }];
  const { did, secrets } = createDid(primitives, { method: 'peer2', services });
  const current = { did, publicUrls: [], secrets, fromPrior: [] };
  await writeIdentity(folder, { current, former: [], invitationId: newMessageId(primitives) }, passphrase);
  return current;
}

function readInvitation(text: string): MailboxMediator {
  try {
    const { id, from } = parseInvitation(text);
    const foundAt = /^(https?:\/\/[^/?#]+)/.exec(text)?.[1] ?? null;
    return { did: from, invitationId: id, foundAt, isRegistered: false };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new WaypostError('ERR_USAGE', `--invitation cannot be read: ${why}`, { cause });
  }
}

import { fromUtf8, utf8 } from '../../core/bytes.js';
import type { Clock } from '../../core/clock.js';
import { INVITATIONS } from '../../protocols/mediation/spaces.js';
import type { MessageStore } from '../../store/message-store.js';
import type { Identity } from '../identity/identity.js';
import { NOTES } from './spaces.js';

const NOTE = 'standing-invitation';

/**
 * Makes the invitation of the identity one that admits. Once only: after it was revoked it stays so.
 */
export async function admitInvitation(
  store: Pick<MessageStore, 'get' | 'transact'>,
  { invitationId }: Identity,
  clock: Clock,
): Promise<void> {
  const noted = await store.get(NOTES, NOTE);
  if (noted !== undefined && fromUtf8(noted) === invitationId) return;
  const value = utf8(JSON.stringify({ createdAtMs: clock.nowMs() }));
  await store.transact([
    { kind: 'set', space: INVITATIONS, key: invitationId, value },
    { kind: 'set', space: NOTES, key: NOTE, value: utf8(invitationId) },
  ]);
}

import { expect, it } from 'vitest';
import { createNodePrimitives } from '../../../src/crypto/node.js';
import { Invitations } from '../../../src/gateway/invitations.js';
import { PROTOCOL_SPACES } from '../../../src/protocols/mediation/spaces.js';
import { openMemoryStore } from '../../../src/store/memory-store.js';
import { ManualClock } from '../../support/manual-clock.js';

const FROM = 'did:example:gateway';

it('an invitation with a time ends with it, or with the next start of the machine, whatever the wall clock says', async () => {
  const clock = new ManualClock();
  const store = openMemoryStore({ clock, spaces: PROTOCOL_SPACES });
  const invitations = new Invitations(store, createNodePrimitives(), clock);
  const lasting = (await invitations.create(FROM, {})).invitation.id;
  const short = (await invitations.create(FROM, { validMs: 60_000 })).invitation.id;
  clock.setWall(Date.UTC(2040, 0, 1), 'ntp');
  clock.advance(59_999);
  expect(await invitations.isValid(short)).toBe(true);
  clock.advance(1);
  expect(await invitations.isValid(short)).toBe(false);
  const other = (await invitations.create(FROM, { validMs: 60_000 })).invitation.id;
  clock.bootId = 'boot-2';
  expect(await invitations.isValid(other)).toBe(false);
  expect(await invitations.isValid(lasting)).toBe(true);
});

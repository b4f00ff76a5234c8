import path from 'node:path';
import { expect, test } from 'vitest';
import { silentLogger } from '../../../src/core/logger.js';
import { createScheduler } from '../../../src/core/scheduler.js';
import { createNodePrimitives } from '../../../src/crypto/node.js';
import { dataFolder } from '../../../src/daemon/data-folder/layout.js';
import { createDeviceClock } from '../../../src/daemon/device-clock.js';
import { createIdentity } from '../../../src/daemon/identity/identity.js';
import { invitationUrl } from '../../../src/daemon/identity/invitation.js';
import { createMachine } from '../../../src/daemon/machine.js';
import { createCorrespondent } from '../../../src/daemon/mailbox/correspondent.js';
import { openMailbox } from '../../../src/daemon/mailbox/open-mailbox.js';
import type { PublicUrl } from '../../../src/daemon/public-url.js';
import { testFolder } from '../../support/processes.js';

const primitives = createNodePrimitives();
const upstream = createIdentity(primitives, ['http://upstream.example']).current.did as PublicUrl;

async function endpointsAt(...publicUrls: readonly PublicUrl[]) {
  const invitation = invitationUrl(createIdentity(primitives, publicUrls));
  const mailbox = await openMailbox(dataFolder(path.join(await testFolder(), 'mailbox')), undefined, invitation);
  const scheduler = createScheduler();
  using clock = await createDeviceClock({ machine: createMachine(), scheduler, trust: 'always' });
  await using made = await createCorrespondent({ mailbox, allowAddress: [], clock, scheduler, logger: silentLogger });
  return made.endpoints;
}

test('a mailbox talks to its gateway itself, never to the upstream, which could open nothing of it', async () => {
  expect(await endpointsAt('http://site.example', upstream)).toEqual({
    http: ['http://site.example'],
    webSocket: ['ws://site.example'],
  });
});

test('a mailbox at a gateway that only an upstream leads to is refused, and it is said why', async () => {
  await expect(endpointsAt(upstream)).rejects.toMatchObject({
    code: 'ERR_USAGE',
    message: expect.stringContaining('only through another mediator'),
  });
});

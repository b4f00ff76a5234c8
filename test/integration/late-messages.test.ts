import { expect, test } from 'vitest';
import { Agent, CM3, countFor, enrol, fetchFor, textsOf } from '../support/agent.js';
import { newIdentity, openStation, type Station } from '../support/station.js';

/* What comes after its own `expires_time`; what happens to forwards is in where-messages-get-lost.test.ts. */

const secondsFromNow = (station: Station, seconds: number): number =>
  Math.floor(station.clock.nowMs() / 1000) + seconds;

/** Registers a DID by a request that is good for `seconds`. */
async function register(agent: Agent, station: Station, did: string, seconds: number): Promise<string> {
  const { outcome } = await agent.post(station, {
    type: `${CM3}/recipient-update`,
    expires_time: secondsFromNow(station, seconds),
    body: { updates: [{ recipient_did: did, action: 'add' }] },
  });
  return outcome;
}

test('a request that comes after its expires_time has no effect, and is refused', async () => {
  await using station = await openStation();
  const [bob, did] = [new Agent(), newIdentity().did];
  await enrol(bob, station);
  expect(await register(bob, station, did, -1)).toBe('ERR_EXPIRED');
  expect((await station.posts.post(await new Agent().packForward('x', did, station.did))).outcome).toBe(
    'ERR_NEXT_UNKNOWN',
  );
  expect(await register(bob, station, did, 60)).toBe('accepted');
  expect((await station.posts.post(await new Agent().packForward('x', did, station.did))).outcome).toBe('accepted');
});

test('on a clock that is not trusted it is handled as ever', async () => {
  await using station = await openStation();
  const [bob, did] = [new Agent(), newIdentity().did];
  await enrol(bob, station);
  station.clock.setWall(Date.UTC(2038, 0, 1), 'restored');
  expect(await register(bob, station, did, -3600)).toBe('accepted');
});

test('a message inside a forward for the gateway itself is refused with its forward', async () => {
  await using station = await openStation();
  const bob = new Agent();
  await enrol(bob, station);
  const ping = { type: 'https://didcomm.org/trust-ping/2.0/ping', expires_time: secondsFromNow(station, -1) };
  const packed = await bob.wrap([await bob.pack(ping, station.did)], station.did, station.did);
  expect((await station.posts.post(packed)).outcome).toBe('ERR_EXPIRED');
});

test('a message for somebody else is nobody else to judge: what is inside stays closed', async () => {
  await using station = await openStation();
  const [alice, bob] = [new Agent(), new Agent()];
  await enrol(bob, station);
  const type = 'https://didcomm.org/basicmessage/2.0/message';
  const late = await alice.pack(
    { type, expires_time: secondsFromNow(station, -1), body: { content: 'late' } },
    bob.did,
  );
  await station.posts.post(await alice.wrap([late], bob.did, station.did));
  expect(await countFor(bob, station)).toBe(1);
  expect(await textsOf(bob, await fetchFor(bob, station))).toEqual(['late']);
});

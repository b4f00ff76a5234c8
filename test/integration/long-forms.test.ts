import { expect, test } from 'vitest';
import { GATEWAY_SPACES, keepLongForm, longFormsIn } from '../../src/daemon/run/spaces.js';
import { createDid } from '../../src/did/create.js';
import { createDidResolver } from '../../src/did/resolver.js';
import { openMemoryStore } from '../../src/store/memory-store.js';
import type { MessageStore } from '../../src/store/message-store.js';
import { Agent, enrol } from '../support/agent.js';
import { ManualClock } from '../support/manual-clock.js';
import { envelopesOf, openStation, primitives, resolver as stations } from '../support/station.js';

/* The long forms that a gateway keeps: each stranger brings one, and nobody may lose theirs by it who is served here. */

const STRANGERS = 'dids.met-long-forms';

/** A store that knows few strangers, and a resolver on it that remembers nothing itself. */
function openSmall(maxEntries: number) {
  const limits = GATEWAY_SPACES[STRANGERS];
  if (limits === undefined) throw new Error(`there is no space ${STRANGERS}`);
  const spaces = { ...GATEWAY_SPACES, [STRANGERS]: { ...limits, maxEntries } };
  const store = openMemoryStore({ clock: new ManualClock(), spaces });
  const resolver = createDidResolver({ primitives, longForms: longFormsIn(store), cacheEntries: 1 });
  return { store, resolver };
}

const newPeer4 = () => createDid(primitives, { method: 'peer4' }).did;

async function countIn(store: MessageStore, space: string): Promise<number> {
  return (await store.entries({ space, limit: 1000 })).length;
}

test('strangers are remembered up to a bound, and push out only each other', async () => {
  const { store, resolver } = openSmall(3);
  const served = newPeer4();
  const did = resolver.canonical(served);
  await resolver.resolve(served);
  await store.transact(await keepLongForm(store, { did, spelledAs: did }));
  const strangers = Array.from({ length: 10 }, newPeer4);
  for (const stranger of strangers) await resolver.resolve(stranger);

  expect(await countIn(store, STRANGERS)).toBe(3);
  expect(await resolver.resolve(did)).toMatchObject({ id: expect.any(String) });
  const [first = '', last = ''] = [strangers[0], strangers.at(-1)].map((stranger) =>
    resolver.canonical(stranger ?? ''),
  );
  expect(await resolver.resolve(last)).toBeDefined();
  await expect(resolver.resolve(first)).rejects.toMatchObject({ code: 'ERR_DID_UNAVAILABLE', retryable: true });
  await resolver.resolve(strangers[0] ?? '');
  expect(await resolver.resolve(first)).toBeDefined();
});

test('whoever gets an account is kept, also when the long form was pushed out meanwhile', async () => {
  const { store, resolver } = openSmall(1);
  const served = newPeer4();
  await resolver.resolve(served);
  await resolver.resolve(newPeer4());
  await store.transact(await keepLongForm(store, { did: resolver.canonical(served), spelledAs: served }));
  await resolver.resolve(newPeer4());
  expect(await resolver.resolve(resolver.canonical(served))).toBeDefined();
});

test('somebody whose DID has one form only needs nothing', async () => {
  const { store } = openSmall(1);
  expect(await keepLongForm(store, { did: 'did:web:example.org', spelledAs: 'did:web:example.org' })).toEqual([]);
});

test('the gateway asks for it with each new account, and with the DID that an account becomes', async () => {
  const kept: string[] = [];
  const withAccount = async ({ did, spelledAs }: { did: string; spelledAs: string }) => {
    kept.push(spelledAs);
    expect(did).toBe(stations.canonical(spelledAs));
    return [];
  };
  await using station = await openStation({ withAccount });
  const [bob, next] = [new Agent(), new Agent()];
  await enrol(bob, station);
  await enrol(bob, station);
  expect(kept).toEqual([bob.did]);
  const signBy = `${bob.did}#key-2`;
  const from_prior = await envelopesOf([bob.identity]).packFromPrior({ signBy, did: next.did, issuedAt: 1 });
  await next.post(station, { type: 'https://didcomm.org/trust-ping/2.0/ping', from_prior });
  expect(kept).toEqual([bob.did, next.did]);
});

import { describe, expect, it, onTestFinished } from 'vitest';
import { silentLogger } from '../../../src/core/logger.js';
import { readCarriedReceipt } from '../../../src/mailbox/carry.js';
import type { Correspondent } from '../../../src/mailbox/correspondent.js';
import { composeText, packLetter } from '../../../src/mailbox/send.js';
import type { ToldOf } from '../../../src/protocols/client/custody-client.js';
import { Follower } from '../../../src/web-peer/agent/follower.js';
import { Outbox } from '../../../src/web-peer/agent/outbox.js';
import { afterStatement } from '../../../src/web-peer/agent/verdict.js';
import type { CustodyChange } from '../../../src/web-peer/storage/custody-store.js';
import type { CustodyRecord, OutboxEntry, OutgoingMessage } from '../../../src/web-peer/storage/records.js';
import { Agent, acknowledge, enrol, fetchFor } from '../../support/agent.js';
import { envelopesOf, newIdentity, primitives, resolver, type Station } from '../../support/station.js';
import { openPair } from '../../support/upstream-pair.js';

/* Two real gateways in this process: Ada's browser is at the one, and Bob's mailbox at the other, behind a line that breaks. */

function correspondentOf({ identity }: Agent, station: Station): Correspondent {
  const { memory, clock, scheduler, address } = station;
  return {
    did: identity.did,
    primitives,
    resolver,
    envelopes: envelopesOf([identity]),
    mediator: { did: resolver.canonical(station.did), spelledAs: station.did },
    endpoints: { http: [address], webSocket: [] },
    http: memory,
    webSocket: memory,
    clock,
    scheduler,
    logger: silentLogger,
    async [Symbol.asyncDispose]() {},
  };
}

/** What the browser's database does with what is followed. */
class Followed {
  readonly records = new Map<string, CustodyRecord>();
  readonly messages = new Map<string, OutgoingMessage>();

  put = async (record: CustodyRecord) => void this.records.set(record.sha256, record);
  open = async () => [...this.records.values()];
  update = async (sha256: string, change: (record: CustodyRecord, message: OutgoingMessage) => CustodyChange) => {
    const known = this.records.get(sha256);
    const before = this.messages.get(known?.id ?? '');
    if (known === undefined || before === undefined) return;
    const { record, message } = change(known, before);
    if (message !== undefined) this.messages.set(message.id, message);
    if (record === 'closed') this.records.delete(sha256);
    else if (record !== undefined) this.records.set(sha256, record);
  };
}

async function openFollower() {
  const pair = await openPair({ local: { relay: { forAccounts: true }, identities: [newIdentity('memory:local')] } });
  onTestFinished(() => pair[Symbol.asyncDispose]());
  const { local, internet } = pair;
  await expect.poll(async () => (await pair.upstream())?.state).toBe('live');
  const [ada, near, far] = [
    new Agent(newIdentity(local.did)),
    new Agent(newIdentity(local.did)),
    new Agent(newIdentity(internet.did)),
  ];
  await enrol(ada, local);
  await enrol(near, local);
  await enrol(far, internet);
  const correspondent = correspondentOf(ada, local);
  const followed = new Followed();
  const waiting: OutboxEntry[] = [];
  const failures: unknown[] = [];
  const common = { isLive: () => true, random: () => 0, onFailure: (error: unknown) => void failures.push(error) };
  const follower = new Follower({ ...common, store: followed, correspondent: () => correspondent });
  const store = {
    outbox: async () => [...waiting],
    settleOutbox: async () => void waiting.shift(),
  };
  const outbox = new Outbox({
    ...common,
    correspondent,
    store,
    onChange: () => {},
    follow: (...what) => follower.follow(...what),
  });
  onTestFinished(() => {
    outbox.close();
    follower.close();
    expect(failures).toEqual([]);
  });
  return {
    ...pair,
    far,
    near,
    followed,
    follower,
    correspondent,
    /** Writes a text and waits until the gateway has it. */
    write: async (to: string): Promise<string> => {
      const message = { ...composeText(correspondent, to, 'hello'), please_ack: [''] };
      const [contact, { id }] = [resolver.canonical(to), message];
      followed.messages.set(id, { direction: 'out', id, contact, text: 'hello', atMs: 0, state: 'waiting' });
      waiting.push({ contact, to, message, number: 1 });
      outbox.ring();
      await expect.poll(() => waiting.length).toBe(0);
      return id;
    },
    /** Takes what the gateway has for Ada, receipts. Gives how many came. */
    fetch: async (): Promise<number> => {
      const delivered = await fetchFor(ada, local);
      for (const { packed } of delivered) {
        const receipt = await readCarriedReceipt(correspondent, await correspondent.envelopes.unpack(packed));
        if (receipt !== undefined) await follower.take(receipt);
      }
      await acknowledge(
        ada,
        local,
        delivered.map(({ id }) => id),
      );
      return delivered.length;
    },
  };
}

describe('a message to a contact at another mediator', () => {
  it('is held while the line is broken and handed on when it is back, each signed by the gateway', async () => {
    const { backhaul, local, internet, far, followed, write, fetch, correspondent } = await openFollower();
    await backhaul.cut();
    const id = await write(far.did);
    await expect.poll(fetch).toBe(1);
    expect(followed.messages.get(id)).toMatchObject({ state: 'held', evidence: { state: 'held' } });

    await backhaul.restore();
    const state = async () => {
      await local.scheduler.advance(2000);
      await fetch();
      return followed.messages.get(id)?.state;
    };
    await expect.poll(state).toBe('handed-on');
    const { evidence } = followed.messages.get(id) ?? {};
    expect(resolver.canonical(evidence?.to ?? '')).toBe(resolver.canonical(internet.did));
    const proof = await correspondent.envelopes.unpack(evidence?.proof ?? '');
    expect(proof).toMatchObject({ nonRepudiable: true, from: local.did });
    expect(proof.message.body).toMatchObject({ messages: [{ state: 'handed-on' }] });
    expect(followed.records.size).toBe(0);

    // It is what arrives at the other mediator, and there is nothing more to ask for.
    expect(await fetchFor(far, internet)).toHaveLength(1);
    await local.scheduler.advance(3_600_000);
    expect(await fetch()).toBe(0);
  });

  it('is asked about less and less often, and at once when somebody looks', async () => {
    const { backhaul, local, far, follower, write, fetch } = await openFollower();
    await backhaul.cut();
    await write(far.did);
    await expect.poll(fetch).toBe(1);
    let answers = 0;
    for (let minute = 0; minute < 60; minute++) {
      await local.scheduler.advance(60_000);
      answers += await fetch();
    }
    expect(answers).toBeGreaterThan(6);
    expect(answers).toBeLessThan(25);
    follower.ring();
    await expect.poll(fetch).toBe(1);
  });

  it('at the same gateway is sent as before, for nobody to be known', async () => {
    const { near, local, followed, write, fetch, follower, correspondent } = await openFollower();
    await write(near.did);
    expect(await fetchFor(near, local)).toHaveLength(1);
    expect([followed.records.size, await fetch()]).toEqual([0, 0]);
    const letter = await packLetter(correspondent, near.did, composeText(correspondent, near.did, 'hi'));
    const entry = { contact: near.did, to: near.did, message: composeText(correspondent, near.did, 'hi') };
    expect(await follower.follow(entry, letter)).toBe(letter);
  });
});

describe('a statement', () => {
  const sha256 = 'ab'.repeat(32);
  const record: CustodyRecord = { sha256, contact: 'did:example:bob', id: '1', next: 'did:example:town', atMs: 0 };
  const after = (state: OutgoingMessage['state'], told: object) => {
    const before: OutgoingMessage = { direction: 'out', id: '1', contact: 'did:example:bob', text: '', atMs: 0, state };
    const statement = { told: { sha256, seconds: 2, ...told } as ToldOf, ticket: 't', proof: '{}', atMs: 5000 };
    const change = afterStatement(record, before, statement);
    return [change.message?.state ?? state, change.record === 'closed'];
  };
  const [held, handedOn] = [{ state: 'held' }, { state: 'handed-on', to: 'did:example:town' }];
  const dropped = { state: 'dropped', reason: 'expired' };

  it.each([
    ['waiting', held, 'held', false],
    ['held', held, 'held', false],
    ['handed-on', held, 'handed-on', true],
    ['delivered', held, 'delivered', true],
    ['refused', held, 'refused', true],
    ['waiting', handedOn, 'handed-on', true],
    ['held', handedOn, 'handed-on', true],
    ['refused', handedOn, 'handed-on', true],
    ['delivered', handedOn, 'delivered', true],
    ['held', { state: 'delivered' }, 'handed-on', true], // that it is on their device only they can say
    ['held', dropped, 'refused', true],
    ['handed-on', dropped, 'handed-on', true],
    ['delivered', dropped, 'delivered', true],
    ['held', { state: 'forgotten' }, 'held', true],
    ['held', { state: 'accepted' }, 'held', true],
  ] as const)('about what is %s here: %j makes it %s', (before, told, state, isClosed) => {
    expect(after(before, told)).toEqual([state, isClosed]);
  });

  it('says since when, by the clock of this browser', () => {
    const message: OutgoingMessage = { direction: 'out', id: '1', contact: 'c', text: '', atMs: 0, state: 'held' };
    const told: ToldOf = { state: 'handed-on', sha256, seconds: 2, to: 'did:example:town' };
    const change = afterStatement(record, message, { told, ticket: 't', proof: '{}', atMs: 5000 });
    const evidence = { state: 'handed-on', sinceMs: 3000, proof: '{}', to: 'did:example:town' };
    expect(change.message?.evidence).toEqual(evidence);
  });
});

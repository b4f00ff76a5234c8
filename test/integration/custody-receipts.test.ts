import { describe, expect, test } from 'vitest';
import { type CustodyReceipt, readReceipt } from '../../src/protocols/client/custody-client.js';
import { parseMessageType } from '../../src/protocols/message-type.js';
import type { Connection, Received } from '../../src/protocols/protocol.js';
import { Agent, acknowledge, enrol, fetchFor, PICKUP3 } from '../support/agent.js';
import { envelopesOf, newIdentity, openStation, primitives, resolver, type Station } from '../support/station.js';
import { openPair } from '../support/upstream-pair.js';

const FORWARD = 'https://didcomm.org/routing/2.0/forward';
const RECEIPTS = 'https://didcomm.org/custody-receipts/1.0';
const TEXT = 'https://didcomm.org/basicmessage/2.0/message';

const canonical = (did: string): string => resolver.canonical(did);

/** Sends `contents` for `next` as somebody who wants to know what becomes of them. */
async function forward(sender: Agent, station: Station, next: string, contents: readonly string[]) {
  const attachments = contents.map((content) => ({ data: { json: JSON.parse(content) } }));
  return read(
    sender,
    station,
    await sender.ask(station, { type: FORWARD, custody_receipt: true, body: { next }, attachments }),
  );
}

async function ask(sender: Agent, station: Station, ticket: string): Promise<CustodyReceipt> {
  return read(sender, station, await sender.ask(station, { type: `${RECEIPTS}/status-request`, body: { ticket } }));
}

function read(sender: Agent, station: Station, message: Received['message'], signer = station.did) {
  const received: Received = {
    message,
    type: parseMessageType(message.type),
    sender: { did: canonical(station.did), spelledAs: station.did },
    ownDid: sender.did,
    connection: {} as Connection,
    depth: 0,
  };
  return readReceipt(received, canonical(signer), { envelopes: envelopesOf([sender.identity]), canonical });
}

const letter = (from: Agent, to: Agent, text = 'hello') => from.pack({ type: TEXT, body: { content: text } }, to.did);

const sha256 = (content: string) => Buffer.from(primitives.sha256(new TextEncoder().encode(content))).toString('hex');

async function fetchAll(agent: Agent, station: Station): Promise<void> {
  const ids = (await fetchFor(agent, station)).map(({ id }) => id);
  await acknowledge(agent, station, ids);
}

describe('a receipt', () => {
  test('says that a message is on disk, and after it was fetched that it is delivered', async () => {
    await using station = await openStation();
    const [once, bob] = [new Agent(), new Agent()];
    await enrol(bob, station);
    const content = await letter(new Agent(), bob);
    const first = await forward(once, station, bob.did, [content]);
    expect(first.messages).toEqual([{ sha256: sha256(content), state: 'held', seconds: 0 }]);
    await fetchFor(bob, station);
    expect((await ask(once, station, first.ticket)).messages).toMatchObject([{ state: 'held' }]);
    await fetchAll(bob, station);
    station.clock.advance(90_000);
    expect((await ask(once, station, first.ticket)).messages).toEqual([
      { sha256: sha256(content), state: 'delivered', seconds: 90 },
    ]);
  });

  test('is signed by the station in a way that convinces others, and names neither side', async () => {
    await using station = await openStation();
    const [once, bob] = [new Agent(), new Agent()];
    await enrol(bob, station);
    const { proof } = await forward(once, station, bob.did, [await letter(new Agent(), bob)]);
    const opened = await envelopesOf([newIdentity()]).unpack(JSON.stringify(proof));
    expect(opened).toMatchObject({ nonRepudiable: true, from: station.did, encrypted: false });
    const said = JSON.stringify(opened.message);
    for (const { did } of [once, bob]) {
      expect(said).not.toContain(did);
      expect(said).not.toContain(canonical(did));
    }
  });

  test('outlives a restart of the station', async () => {
    await using station = await openStation();
    const [once, bob] = [new Agent(), new Agent()];
    await enrol(bob, station);
    const { ticket } = await forward(once, station, bob.did, [await letter(new Agent(), bob)]);
    await station.restart();
    expect((await ask(once, station, ticket)).messages).toMatchObject([{ state: 'held' }]);
  });

  test('is about each attachment, and the same message twice is the same one', async () => {
    await using station = await openStation();
    const [once, bob] = [new Agent(), new Agent()];
    await enrol(bob, station);
    const [one, two] = [await letter(new Agent(), bob, 'one'), await letter(new Agent(), bob, 'two')];
    await forward(once, station, bob.did, [one]);
    const both = await forward(once, station, bob.did, [one, two]);
    expect(both.messages).toMatchObject([{ sha256: sha256(one) }, { sha256: sha256(two) }]);
    expect((await station.store.size()).messages).toBe(2);
  });

  test('says what left without having been fetched, and why', async () => {
    await using station = await openStation();
    const [once, bob] = [new Agent(), new Agent()];
    await enrol(bob, station);
    const { ticket } = await forward(once, station, bob.did, [await letter(new Agent(), bob)]);
    await station.store.purge(canonical(bob.did));
    expect((await ask(once, station, ticket)).messages).toMatchObject([{ state: 'dropped', reason: 'purged' }]);
  });

  test('is not told for ever', async () => {
    await using station = await openStation();
    const [once, bob] = [new Agent(), new Agent()];
    await enrol(bob, station);
    const { ticket } = await forward(once, station, bob.did, [await letter(new Agent(), bob)]);
    await fetchAll(bob, station);
    station.clock.advance(8 * 24 * 60 * 60 * 1000);
    expect((await ask(once, station, ticket)).messages).toMatchObject([{ state: 'forgotten' }]);
  });

  test('is handed on, not delivered, when somebody else than the recipient collects', async () => {
    await using station = await openStation();
    const [once, gateway, device] = [new Agent(), new Agent(), new Agent()];
    await enrol(gateway, station, [device.did]);
    const { ticket } = await forward(once, station, device.did, [await letter(new Agent(), device)]);
    await fetchAll(gateway, station);
    expect((await ask(once, station, ticket)).messages).toMatchObject([{ state: 'handed-on' }]);
  });
});

describe('who does not ask', () => {
  test('gets no answer: anonymous forwards, those without the header, and those with something else in it', async () => {
    await using station = await openStation();
    const [alice, bob] = [new Agent(), new Agent()];
    await enrol(bob, station);
    const attachments = [{ data: { json: JSON.parse(await letter(alice, bob)) } }];
    const draft = { type: FORWARD, return_route: 'all', body: { next: bob.did }, attachments };
    expect(await alice.post(station, draft)).toMatchObject({ outcome: 'accepted', reply: undefined });
    const odd = await alice.post(station, { ...draft, custody_receipt: 'yes' });
    expect(odd).toMatchObject({ outcome: 'accepted', reply: undefined });
    const message = { id: 'f', to: [station.did], ...draft, custody_receipt: true };
    const anonymous = await station.posts.post(await alice.codec.pack(message, undefined, station.did));
    expect(anonymous).toMatchObject({ outcome: 'accepted', reply: undefined });
  });

  test('nor does a forward with more messages than a receipt has room for; they are taken', async () => {
    await using station = await openStation();
    const [once, bob] = [new Agent(), new Agent()];
    await enrol(bob, station);
    const attachments = [];
    for (let i = 0; i < 21; i++) attachments.push({ data: { json: JSON.parse(await letter(once, bob, `${i}`)) } });
    const draft = { type: FORWARD, custody_receipt: true, return_route: 'all', body: { next: bob.did }, attachments };
    expect(await once.post(station, draft)).toMatchObject({ outcome: 'accepted', reply: undefined });
    expect((await station.store.size()).messages).toBe(21);
  });
});

describe('nobody but the sender learns anything', () => {
  test('of tickets that are guessed, changed, cut, or somebody else’s', async () => {
    await using station = await openStation();
    await using other = await openStation({ address: 'memory:other' });
    const [once, eve, bob] = [new Agent(), new Agent(), new Agent()];
    await enrol(bob, station);
    const { ticket } = await forward(once, station, bob.did, [await letter(new Agent(), bob)]);
    const flipped = `${ticket.slice(0, -1)}${ticket.endsWith('A') ? 'Q' : 'A'}`;
    const tries: [Agent, Station, unknown, string][] = [
      [eve, station, ticket, 'ERR_NOT_ALLOWED'],
      [bob, station, ticket, 'ERR_NOT_ALLOWED'],
      [once, other, ticket, 'ERR_NOT_ALLOWED'],
      [once, station, flipped, 'ERR_NOT_ALLOWED'],
      [once, station, ticket.slice(0, 40), 'ERR_NOT_ALLOWED'],
      [once, station, '', 'ERR_NOT_ALLOWED'],
      [once, station, '\u0000', 'ERR_NOT_ALLOWED'],
      [once, station, 'A'.repeat(20_000), 'ERR_NOT_ALLOWED'],
      [once, station, 7, 'ERR_MESSAGE_MALFORMED'],
    ];
    for (const [agent, where, given, code] of tries) {
      const draft = { type: `${RECEIPTS}/status-request`, body: { ticket: given } };
      expect((await agent.post(where, draft)).outcome, String(given).slice(0, 30)).toBe(code);
    }
  });

  test('of a forward that somebody recorded and sends again: the answer is sealed for its sender', async () => {
    await using station = await openStation();
    const [once, eve, bob] = [new Agent(), new Agent(), new Agent()];
    await enrol(bob, station);
    const attachments = [{ data: { json: JSON.parse(await letter(new Agent(), bob)) } }];
    const draft = { type: FORWARD, custody_receipt: true, return_route: 'all', body: { next: bob.did }, attachments };
    const recorded = await once.pack(draft, station.did);
    await station.posts.post(recorded);
    const again = await station.posts.post(recorded, 'http://192.0.2.66:1');
    expect(again.outcome).toBe('accepted');
    await expect(eve.codec.unpack(again.reply ?? new Uint8Array())).rejects.toMatchObject({
      code: 'ERR_JWE_NO_RECIPIENT',
    });
    expect((await station.store.size()).messages).toBe(1);
  });

  test('when the recipient does not want it told: not by fetching, nor by being deleted', async () => {
    await using station = await openStation();
    const [once, bob] = [new Agent(), new Agent()];
    await enrol(bob, station);
    const preference = { type: `${RECEIPTS}/set-preference`, body: { delivered: 'withhold' } };
    expect(await bob.ask(station, preference)).toMatchObject({ body: { delivered: 'withhold' } });
    const first = await forward(once, station, bob.did, [await letter(new Agent(), bob)]);
    const told = first.messages;
    expect(told).toEqual([{ sha256: expect.any(String), state: 'accepted' }]);
    await fetchAll(bob, station);
    expect((await ask(once, station, first.ticket)).messages).toEqual(told);

    const second = await forward(once, station, bob.did, [await letter(new Agent(), bob, 'two')]);
    await station.store.purge(canonical(bob.did));
    expect((await ask(once, station, second.ticket)).messages).toMatchObject([{ state: 'accepted' }]);

    await bob.ask(station, { ...preference, body: { delivered: 'tell' } });
    expect((await ask(once, station, first.ticket)).messages).toMatchObject([{ state: 'delivered' }]);
  });

  test('also after the DID of the recipient changed', async () => {
    await using station = await openStation();
    const [once, bob, next] = [new Agent(), new Agent(), new Agent()];
    await enrol(bob, station);
    await bob.ask(station, { type: `${RECEIPTS}/set-preference`, body: { delivered: 'withhold' } });
    const { ticket } = await forward(once, station, bob.did, [await letter(new Agent(), bob)]);
    const signBy = `${bob.did}#key-2`;
    const from_prior = await envelopesOf([bob.identity]).packFromPrior({ signBy, did: next.did, issuedAt: 1 });
    await next.ask(station, { type: `${PICKUP3}/status-request`, from_prior });
    await fetchAll(next, station);
    expect((await station.store.size()).messages).toBe(0);
    expect((await ask(once, station, ticket)).messages).toMatchObject([{ state: 'accepted' }]);
  });

  test('and only those who have an account may say what is told', async () => {
    await using station = await openStation();
    const post = (delivered: unknown) =>
      new Agent().post(station, { type: `${RECEIPTS}/set-preference`, body: { delivered } });
    expect((await post('withhold')).outcome).toBe('ERR_NOT_ALLOWED');
    expect((await post('maybe')).outcome).toBe('ERR_MESSAGE_MALFORMED');
  });
});

describe('the sender', () => {
  test('refuses a statement that another station signed, that was changed, or that is not signed', async () => {
    await using station = await openStation();
    await using other = await openStation({ address: 'memory:other' });
    const [once, bob] = [new Agent(), new Agent()];
    await enrol(bob, station);
    const attachments = [{ data: { json: JSON.parse(await letter(new Agent(), bob)) } }];
    const answer = await once.ask(station, {
      type: FORWARD,
      custody_receipt: true,
      body: { next: bob.did },
      attachments,
    });
    await expect(read(once, station, answer, other.did)).rejects.toMatchObject({
      code: 'ERR_SIGNER_MISMATCH',
      message: expect.stringContaining('not by'),
    });
    const json = answer.attachments?.[0]?.data.json as { payload: string };
    const payload = Buffer.from(json.payload, 'base64url').toString();
    const withJson = (changed: unknown) => ({ ...answer, attachments: [{ data: { json: changed } }] });
    const forged = Buffer.from(payload.replace('held', 'lost')).toString('base64url');
    await expect(read(once, station, withJson({ ...json, payload: forged }))).rejects.toMatchObject({
      code: 'ERR_SIGNATURE_INVALID',
    });
    await expect(read(once, station, withJson(JSON.parse(payload)))).rejects.toMatchObject({
      code: 'ERR_SIGNER_MISMATCH',
      message: expect.stringContaining('nobody'),
    });
    await expect(read(once, station, { ...answer, attachments: [] })).rejects.toMatchObject({
      code: 'ERR_MESSAGE_MALFORMED',
    });
  });
});

describe('over two stations', () => {
  test('the first one says to whom it handed the message, and the second one gives a receipt of its own', async () => {
    await using pair = await openPair({ local: { relay: { forAccounts: true } } });
    const { local, internet } = pair;
    await expect.poll(async () => (await pair.upstream())?.state).toBe('live');
    const [alice, bob] = [new Agent(), new Agent()];
    // One DID for one message. It is reached through the sender's own station, where it is registered.
    const once = new Agent(newIdentity(local.did));
    await enrol(alice, local, [alice.did, once.did]);
    await enrol(bob, internet);

    const attachments = [{ data: { json: JSON.parse(await letter(alice, bob)) } }];
    const inner = await once.pack(
      { type: FORWARD, custody_receipt: true, body: { next: bob.did }, attachments },
      internet.did,
    );
    await pair.backhaul.cut();
    const first = await forward(alice, local, internet.did, [inner]);
    expect(first.messages).toMatchObject([{ state: 'held' }]);
    await pair.backhaul.restore();
    await expect
      .poll(async () => {
        await local.scheduler.advance(2000);
        return (await ask(alice, local, first.ticket)).messages[0];
      })
      .toMatchObject({ state: 'handed-on', to: canonical(internet.did) });

    const collect = async () => {
      await internet.scheduler.advance(2000);
      await local.scheduler.advance(2000);
      return fetchFor(once, local);
    };
    let got: Awaited<ReturnType<typeof collect>> = [];
    await expect
      .poll(async () => {
        got = await collect();
        return got.length;
      })
      .toBe(1);
    const receipt = await read(once, internet, await once.codec.unpack(got[0]?.packed ?? new Uint8Array()));
    expect(receipt.messages).toMatchObject([{ state: 'held' }]);
    await fetchAll(bob, internet);
    expect((await ask(once, internet, receipt.ticket)).messages).toMatchObject([{ state: 'delivered' }]);
  });
});

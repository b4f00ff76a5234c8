import { describe, expect, it, onTestFinished } from 'vitest';
import { utf8 } from '../../../src/core/bytes.js';
import { WaypostError } from '../../../src/core/errors.js';
import { silentLogger } from '../../../src/core/logger.js';
import type { CreatedDid } from '../../../src/did/create.js';
import type { Unpacked } from '../../../src/envelope/unpack.js';
import { createStatementSigner } from '../../../src/gateway/statement-signer.js';
import { QrAnimation } from '../../../src/link/qr-animation.js';
import type { Correspondent } from '../../../src/mailbox/correspondent.js';
import { composeText } from '../../../src/mailbox/send.js';
import { outboundTo } from '../../../src/router/destination.js';
import { Carrier } from '../../../src/web-peer/agent/carrier.js';
import type { OutboxEntry } from '../../../src/web-peer/storage/records.js';
import { createMemoryTransport } from '../../../transports/memory/memory.js';
import { Agent, enrol } from '../../support/agent.js';
import { envelopesOf, newIdentity, openStation, primitives, resolver, type Station } from '../../support/station.js';

/* A real gateway in this process, and what a camera and a screen carry between it and Ada's browser. */

const [TEXT_TYPE, RECEIPT_TYPE] = ['basicmessage/2.0/message', 'custody-receipts/1.0'];

function correspondentOf(identity: CreatedDid, station: Station): Correspondent {
  const transport = createMemoryTransport();
  return {
    did: identity.did,
    primitives,
    resolver,
    envelopes: envelopesOf([identity]),
    mediator: { did: resolver.canonical(station.did), spelledAs: station.did },
    endpoints: { http: [], webSocket: [] },
    http: transport,
    webSocket: transport,
    clock: station.clock,
    scheduler: station.scheduler,
    logger: silentLogger,
    async [Symbol.asyncDispose]() {},
  };
}

/** What the browser's database does with entries that wait. */
class Waiting {
  readonly entries: OutboxEntry[] = [];
  readonly settled: [id: string, problem: string | undefined][] = [];
  readonly shown: string[] = [];
  #number = 0;

  outbox = async () => [...this.entries];
  putOutbox = async (entry: OutboxEntry) => void this.entries.push({ ...entry, number: ++this.#number });
  markShown = async (entries: readonly OutboxEntry[]) =>
    void this.shown.push(...entries.map(({ message }) => message.id));
  putCarried = async ({ number }: OutboxEntry, carried: OutboxEntry['carried']) => {
    const at = this.entries.findIndex((entry) => entry.number === number);
    const known = this.entries[at];
    if (known !== undefined && carried !== undefined) this.entries[at] = { ...known, carried };
  };
  settleOutbox = async ({ number, message }: OutboxEntry, problem: string | undefined) => {
    this.settled.push([message.id, problem]);
    const at = this.entries.findIndex((entry) => entry.number === number);
    if (at >= 0) this.entries.splice(at, 1);
  };
}

async function openCarrier(isRegistered = true) {
  const station = await openStation();
  onTestFinished(() => station[Symbol.asyncDispose]());
  const ada = new Agent(newIdentity(station.did));
  const bob = new Agent(newIdentity(station.did));
  await enrol(bob, station);
  if (isRegistered) await enrol(ada, station);
  const own = { isRegistered, mediatorInvitationId: 'an invitation' };
  const correspondent = correspondentOf(ada.identity, station);
  const waiting = new Waiting();
  const kept: Unpacked[] = [];
  let failure: WaypostError | undefined;
  const carrier = new Carrier({
    store: waiting,
    own: () => own,
    correspondent: () => correspondent,
    onRegistered: async () => {
      own.isRegistered = true;
    },
    async take(unpacked) {
      if (failure !== undefined) throw failure;
      kept.push(unpacked);
      await carrier.takeAnswer(unpacked);
    },
    onReceipt: async () => {},
    onChange: () => {},
    onWaiting: () => {},
  });
  const { courier } = station.gateway;
  return {
    station,
    ada,
    bob,
    carrier,
    correspondent,
    own,
    waiting,
    kept,
    failWith: (error: WaypostError | undefined) => {
      failure = error;
    },
    /** What waits at the gateway for somebody, as "export" shows it: in the mailbox, or to be pushed. */
    queued: async ({ did }: Agent) => {
      const names = [resolver.canonical(did), outboundTo(resolver.canonical(did))];
      const offered = await Promise.all(names.map((name) => courier.offer(name, undefined)));
      return offered.flat().map(({ content }) => content);
    },
    /** A message of ours, in the outbox. */
    write: async (to: string, text: string) => {
      const message = composeText(correspondent, to, text);
      await waiting.putOutbox({ contact: resolver.canonical(to), to, message });
      return message.id;
    },
    /** The gateway sees all of the screen. */
    seeScreen: async () => {
      const forCamera = await carrier.forCamera();
      for (const message of forCamera.messages) await courier.take(message, false);
      return forCamera;
    },
  };
}

/** One round of what a gateway shows. */
function textsOf(messages: readonly Uint8Array[]): readonly string[] {
  const animation = new QrAnimation(messages, { frameBytes: 400 });
  const frames = animation.frames();
  return Array.from({ length: animation.framesPerRound }, () => frames.next().value.text);
}

describe('a scan of the screen of a gateway', () => {
  it('keeps what is for this browser, and then tells the gateway, which deletes it', async () => {
    const { station, ada, bob, carrier, waiting, kept, queued, seeScreen } = await openCarrier();
    await station.posts.post(await bob.packForward('one', ada.did, station.did));
    await station.posts.post(await bob.packForward('two', ada.did, station.did));
    await station.posts.post(await ada.packForward('for Bob', bob.did, station.did));

    const scan = carrier.scan();
    for (const text of textsOf([...(await queued(bob)), ...(await queued(ada))])) await scan.push(text);
    expect(scan.progress).toMatchObject({ taken: 2, forOthers: 1, unreadable: 0, current: undefined });
    expect(kept.map(({ message }) => message.body)).toEqual([{ content: 'one' }, { content: 'two' }]);
    expect(waiting.entries).toEqual([]);
    await scan.finish();
    await scan.finish();
    expect(waiting.entries).toHaveLength(1);

    const shown = await seeScreen();
    expect(await queued(ada)).toEqual([]);
    expect(await queued(bob)).toHaveLength(1);
    await carrier.believeRead(shown);
    expect(waiting.entries).toEqual([]);
  });

  it('does not tell the gateway what could not be kept, and takes it when it is seen again', async () => {
    const { station, ada, bob, carrier, waiting, kept, queued, failWith } = await openCarrier();
    await station.posts.post(await bob.packForward('one', ada.did, station.did));
    const texts = textsOf(await queued(ada));
    const scan = carrier.scan();
    failWith(new WaypostError('ERR_STORE_FULL', 'no room', { retryable: true }));
    await expect(
      (async () => {
        for (const text of texts) await scan.push(text);
      })(),
    ).rejects.toMatchObject({ code: 'ERR_STORE_FULL' });
    await scan.finish();
    expect(waiting.entries).toEqual([]);

    failWith(undefined);
    for (const text of texts) await scan.push(text);
    expect(kept).toHaveLength(1);
    expect(scan.progress.taken).toBe(1);
  });

  it('passes over codes and messages that are not for reading', async () => {
    const { ada, carrier, waiting } = await openCarrier();
    const scan = carrier.scan();
    const forged = { ...JSON.parse(await ada.pack({ type: 'https://didcomm.org/x/1.0/y' }, ada.did)), tag: 'AAAA' };
    const [first = '', ...others] = textsOf([
      utf8(JSON.stringify(forged)),
      utf8('{"no":"message"}'),
      utf8('nothing at all'),
    ]);
    for (const text of [first, 'https://example.org/', ...others]) await scan.push(text);
    expect(scan.progress).toMatchObject({ taken: 0, foreign: 1, unreadable: 2, forOthers: 1 });
    await scan.finish();
    expect(waiting.entries).toEqual([]);
  });
});

describe('what is shown to the camera of a gateway', () => {
  it('is held when the receipt for it came back, and not for having been shown', async () => {
    const { bob, carrier, waiting, kept, queued, ada, write, seeScreen } = await openCarrier();
    const id = await write(bob.did, 'by light');
    const shown = await seeScreen();
    await carrier.markShown(shown);
    await carrier.believeRead(shown);
    expect(waiting.shown).toEqual([id]);
    expect(waiting.settled).toEqual([]);
    const [forBob] = await queued(bob);
    expect((await bob.codec.unpack(forBob ?? utf8(''))).body).toEqual({ content: 'by light' });

    const scan = carrier.scan();
    for (const text of textsOf(await queued(ada))) await scan.push(text);
    expect(kept.map(({ message }) => message.type)).toEqual([expect.stringContaining(RECEIPT_TYPE)]);
    expect(waiting.settled).toEqual([[id, undefined]]);
  });

  it('is stored once, however often and however it comes', async () => {
    const { station, bob, carrier, queued, write, seeScreen } = await openCarrier();
    await write(bob.did, 'once');
    const first = await seeScreen();
    const second = await seeScreen();
    expect(second.messages).toEqual(first.messages);
    // The connection is back, and sends what was shown.
    await station.posts.post(first.messages[0] ?? '');
    expect(await queued(bob)).toHaveLength(1);
    expect((await carrier.forCamera()).left).toBe(0);
  });

  it('leaves out what nobody can be found for now', async () => {
    const { bob, carrier, write } = await openCarrier();
    await write('did:web:nowhere.example', 'lost');
    await write(bob.did, 'found');
    const { messages, left } = await carrier.forCamera();
    expect([messages.length, left]).toEqual([1, 1]);
  });
});

describe('somebody who never had a connection to the gateway', () => {
  it('gets a mailbox by light, and asks for nothing else before', async () => {
    const { station, ada, bob, own, carrier, waiting, queued, write, seeScreen } = await openCarrier(false);
    await write(bob.did, 'too early');
    const shown = await seeScreen();
    expect(shown.messages).toHaveLength(1);
    await carrier.believeRead(shown);
    expect((await carrier.forCamera()).messages).toEqual(shown.messages);

    // The answer to the second request alone is not enough.
    const answers = new Map<string, Uint8Array>();
    // The gateway may be pushing one of them to Ada's endpoint, which is itself.
    const look = async () => {
      for (const content of await queued(ada)) answers.set((await ada.codec.unpack(content)).type, content);
      return answers.size;
    };
    await expect.poll(look).toBe(2);
    const answer = (name: string) => answers.get(`https://didcomm.org/coordinate-mediation/3.0/${name}`) ?? utf8(name);
    const scan = carrier.scan();
    for (const text of textsOf([answer('recipient-update-response')])) await scan.push(text);
    expect(own.isRegistered).toBe(false);
    for (const text of textsOf([answer('mediate-grant')])) await scan.push(text);
    expect(own.isRegistered).toBe(true);
    await scan.finish();
    expect(waiting.entries).toHaveLength(2); // the message, and that the answers came

    await seeScreen();
    expect(await queued(bob)).toHaveLength(1);
    await station.posts.post(await bob.packForward('welcome', ada.did, station.did));
    const later = carrier.scan();
    for (const text of textsOf(await queued(ada))) await later.push(text);
    expect(later.progress).toMatchObject({ taken: 2, unreadable: 0 }); // Bob's message and the receipt
  });

  it('is told when the gateway gives it none', async () => {
    const { station, ada, own, carrier, waiting } = await openCarrier(false);
    const [request] = (await carrier.forCamera()).entries;
    const [asked] = request?.message.attachments ?? [];
    const denial = { type: 'https://didcomm.org/coordinate-mediation/3.0/mediate-deny', thid: asked?.id ?? '' };
    const packed = utf8(await new Agent(station.identities[0]).pack(denial, ada.did));
    const scan = carrier.scan();
    const pushAll = async () => {
      for (const text of textsOf([packed])) await scan.push(text);
    };
    await expect(pushAll()).rejects.toMatchObject({ code: 'ERR_NOT_ALLOWED' });
    expect([own.isRegistered, waiting.entries.length]).toEqual([false, 1]);
  });

  it('believes nobody but the gateway', async () => {
    const { ada, bob, own, carrier, waiting } = await openCarrier(false);
    const { entries } = await carrier.forCamera();
    const scan = carrier.scan();
    for (const [index, name] of ['mediate-grant', 'recipient-update-response'].entries()) {
      const body = { routing_did: [bob.did], updated: [{ recipient_did: ada.did, action: 'add', result: 'success' }] };
      const type = `https://didcomm.org/coordinate-mediation/3.0/${name}`;
      const packed = await bob.pack({ type, thid: entries[0]?.message.attachments?.[index]?.id ?? '', body }, ada.did);
      for (const text of textsOf([utf8(packed)])) await scan.push(text);
    }
    expect([own.isRegistered, waiting.entries.length]).toEqual([false, 1]);
  });
});

describe('a receipt', () => {
  /** A message like the receipt of a gateway, from `from`, with a statement by `signer`, about what Ada showed. */
  async function forge(
    from: CreatedDid,
    signer: CreatedDid,
    { to, thid, sha256, state }: { to: string; thid: string; sha256: string; state: object },
  ): Promise<Uint8Array> {
    const statement = {
      id: '1',
      type: `https://didcomm.org/${RECEIPT_TYPE}/statement`,
      from: signer.did,
      body: { messages: [{ sha256, ...state }] },
    };
    const signed = await createStatementSigner(envelopesOf([signer]), resolver)(statement, signer.did);
    const packed = await new Agent(from).pack(
      {
        type: `https://didcomm.org/${RECEIPT_TYPE}/receipt`,
        thid,
        body: { ticket: 'x' },
        attachments: [{ data: { json: JSON.parse(signed) } }],
      },
      to,
    );
    return utf8(packed);
  }

  it.each([
    ['is believed', {}, [undefined]],
    ['about another forward is not', { thid: 'another' }, []],
    ['about other content is not', { sha256: '0'.repeat(64) }, []],
    ['that somebody else signed is not', { signedBy: 'bob' }, []],
    ['that somebody else sent is not', { from: 'bob' }, []],
    ['that says nothing is not', { state: { state: 'forgotten' } }, []],
    [
      'of what was lost says so',
      { state: { state: 'dropped', reason: 'retention', seconds: 3 } },
      ['the gateway gave it up (retention)'],
    ],
  ])('%s', async (_, change: { [member: string]: unknown }, problems) => {
    const { station, ada, bob, correspondent, waiting, write, carrier } = await openCarrier();
    await write(bob.did, 'by light');
    const { entries } = await carrier.forCamera();
    const { thid = '', sha256 = '' } = entries[0]?.carried?.expected ?? {};
    const about = { to: ada.did, thid, sha256, state: { state: 'held', seconds: 1 } };
    const [gateway] = station.identities;
    const [from, signer] = [change.from, change.signedBy].map((who) => (who === 'bob' ? bob.identity : gateway));
    const packed = await forge(from ?? gateway, signer ?? gateway, { ...about, ...change });
    const unpacked = await correspondent.envelopes.unpack(packed);
    await carrier.takeAnswer(unpacked);
    expect(waiting.settled.map(([, problem]) => problem)).toEqual(problems);
  });

  it('is no text', async () => {
    const { ada, bob, carrier, correspondent } = await openCarrier();
    const packed = await bob.pack({ type: `https://didcomm.org/${TEXT_TYPE}`, body: { content: 'hi' } }, ada.did);
    expect(await carrier.takeAnswer(await correspondent.envelopes.unpack(packed))).toBe(false);
  });
});

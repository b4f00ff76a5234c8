import { describe, expect, test } from 'vitest';
import type { MessageStore } from '../../src/store/message-store.js';
import { Agent, CM3, enrol, fetchFor } from '../support/agent.js';
import { newIdentity, openStation } from '../support/station.js';

const PING = 'https://didcomm.org/trust-ping/2.0/ping';
const PROBLEM = 'https://didcomm.org/report-problem/2.0/problem-report';
const QUERIES = 'https://didcomm.org/discover-features/2.0/queries';

describe('trust ping', () => {
  test('is answered in its thread, unless nobody wants that', async () => {
    await using station = await openStation();
    const bob = new Agent();
    expect(await bob.ask(station, { id: 'ping-1', type: PING })).toMatchObject({
      type: 'https://didcomm.org/trust-ping/2.0/ping-response',
      thid: 'ping-1',
    });
    for (const member of ['response_requested', 'responseRequested']) {
      const posted = await bob.post(station, { type: PING, return_route: 'all', body: { [member]: false } });
      expect(posted).toMatchObject({ outcome: 'accepted', reply: undefined });
    }
  });

  test('without return_route is answered at the endpoint of the sender', async () => {
    await using station = await openStation();
    const address = 'memory:bobs-agent';
    const bob = new Agent(newIdentity(address));
    await using listener = await station.memory.listen(address);
    expect(await bob.post(station, { id: 'p', type: PING })).toMatchObject({ outcome: 'accepted', reply: undefined });
    for await (const channel of listener) {
      for await (const arrival of channel) {
        expect(await bob.codec.unpack(arrival.bytes)).toMatchObject({ thid: 'p', from: station.did });
        await arrival.accept();
        break;
      }
      break;
    }
    await expect.poll(async () => (await station.store.size()).messages).toBe(0);
  });
});

describe('return_route', () => {
  test('`none` and `thread` mean what they say, `all` is kept on a connection that stays open', async () => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station);
    const line = await bob.connect(station);
    await line.send({ id: 'a', type: PING, return_route: 'none' });
    await line.send({ id: 'b', type: PING, return_route: 'thread', return_route_thread: 'b' });
    await line.send({ id: 'c', type: PING, return_route: 'thread', return_route_thread: 'another' });
    await line.send({ id: 'd', type: PING, return_route: 'all' });
    await line.sendPacked(await bob.pack({ id: 'e', type: PING }, station.did));
    await expect.poll(() => line.inbox.map(({ thid }) => thid)).toEqual(['b', 'd', 'e']);
    const elsewhere = await Promise.all((await fetchFor(bob, station)).map(({ packed }) => bob.codec.unpack(packed)));
    expect(elsewhere.map(({ thid }) => thid)).toEqual(['a', 'c']);
    await line.close();
  });

  test('is not kept from one POST to the next', async () => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station);
    await bob.ask(station, { type: PING });
    expect((await bob.post(station, { type: PING })).reply).toBeUndefined();
  });
});

describe('discover features', () => {
  const disclosed = async (queries: readonly unknown[]) => {
    await using station = await openStation({ limits: { maxReceiveBytes: 65_536 } });
    const { body } = await new Agent().ask(station, { type: QUERIES, body: { queries } });
    return body?.disclosures;
  };

  test('lists protocols, with wildcards, and each once', async () => {
    const all = await disclosed([
      { 'feature-type': 'protocol', match: 'https://didcomm.org/*' },
      { 'feature-type': 'protocol', match: '*' },
    ]);
    expect(all).toHaveLength(12);
    const pickup = await disclosed([{ 'feature-type': 'protocol', match: '*pickup/*.0' }]);
    expect(pickup).toEqual([
      { 'feature-type': 'protocol', id: 'https://didcomm.org/messagepickup/3.0', roles: ['mediator'] },
      { 'feature-type': 'protocol', id: 'https://didcomm.org/message-pickup/4.0', roles: ['mediator'] },
    ]);
  });

  test('says how large a message may be', async () => {
    expect(await disclosed([{ 'feature-type': 'constraint', match: 'max_receive_bytes' }])).toEqual([
      { 'feature-type': 'constraint', id: 'max_receive_bytes', max_receive_bytes: '65536' },
    ]);
  });

  test('ignores what it does not know', async () => {
    expect(await disclosed([{ 'feature-type': 'weather', match: '*' }, { 'feature-type': 'protocol' }])).toEqual([]);
  });
});

describe('problems', () => {
  test('an unknown protocol is reported to its sender, and refused', async () => {
    await using station = await openStation();
    const bob = new Agent();
    const draft = { id: 'q', type: 'https://example.org/chess/1.0/move', return_route: 'all' };
    const posted = await bob.post(station, draft);
    expect(posted.outcome).toBe('ERR_PROTOCOL_UNKNOWN');
    const report = await bob.codec.unpack(posted.reply ?? new Uint8Array());
    expect(report).toMatchObject({ type: PROBLEM, pthid: 'q', body: { code: 'e.p.msg.unsupported' } });
  });

  test('a problem report is never answered, whatever it says', async () => {
    await using station = await openStation();
    const bob = new Agent();
    for (const type of [PROBLEM, 'https://example.org/chess/1.0/problem-report']) {
      const posted = await bob.post(station, { type, return_route: 'all', pthid: 'x', body: { code: 'e.p.msg' } });
      expect(posted.reply).toBeUndefined();
    }
  });

  test('a thread that goes wrong again and again ends in silence', async () => {
    await using station = await openStation();
    const bob = new Agent();
    const codes: unknown[] = [];
    for (let i = 0; i < 7; i++) {
      const { reply } = await bob.post(station, {
        type: 'https://example.org/chess/1.0/move',
        thid: 't',
        return_route: 'all',
      });
      codes.push(reply === undefined ? undefined : (await bob.codec.unpack(reply)).body?.code);
    }
    expect(codes.slice(3)).toEqual(['e.p.msg.unsupported', 'e.p.req.max-errors-exceeded', undefined, undefined]);
  });

  test('without return_route nothing is pushed to whoever sent it', async () => {
    await using station = await openStation();
    const bob = new Agent(newIdentity('memory:victim'));
    await bob.post(station, { type: 'https://example.org/chess/1.0/move' });
    expect((await station.store.size()).messages).toBe(0);
  });

  test('a body that makes no sense is a problem of the message', async () => {
    await using station = await openStation();
    const bob = new Agent();
    await enrol(bob, station);
    const posted = await bob.post(station, {
      type: `${CM3}/recipient-update`,
      return_route: 'all',
      body: { updates: 'all' },
    });
    expect(posted.outcome).toBe('ERR_MESSAGE_MALFORMED');
    expect((await bob.codec.unpack(posted.reply ?? new Uint8Array())).body).toMatchObject({ code: 'e.p.msg' });
  });
});

describe('acknowledgements', () => {
  test('are given when asked for: with the answer, or alone', async () => {
    await using station = await openStation();
    const bob = new Agent();
    expect(await bob.ask(station, { id: 'p', type: PING, please_ack: [''] })).toMatchObject({ ack: ['p'] });
    const alone = await bob.ask(station, {
      id: 'r',
      type: PING,
      please_ack: ['r'],
      body: { response_requested: false },
    });
    expect(alone).toMatchObject({ type: 'https://didcomm.org/empty/1.0/empty', ack: ['r'], body: {} });
  });

  test('are never given for one, nor for a forward', async () => {
    await using station = await openStation();
    const [alice, bob] = [new Agent(), new Agent()];
    await enrol(bob, station);
    const ack = { type: 'https://didcomm.org/empty/1.0/empty', ack: ['x'], please_ack: [''], return_route: 'all' };
    expect(await bob.post(station, ack)).toMatchObject({ outcome: 'accepted', reply: undefined });
    const inner = JSON.parse(await alice.pack({ type: PING }, bob.did));
    const forward = {
      type: 'https://didcomm.org/routing/2.0/forward',
      please_ack: [''],
      return_route: 'all',
      body: { next: bob.did },
      attachments: [{ data: { json: inner } }],
    };
    expect(await alice.post(station, forward)).toMatchObject({ outcome: 'accepted', reply: undefined });
  });

  test('from the recipient delete what was pushed over a link that is not trusted', async () => {
    await using station = await openStation({ trusts: () => false });
    const address = 'memory:bobs-agent';
    const bob = new Agent(newIdentity(address));
    await using listener = await station.memory.listen(address);
    await bob.post(station, { type: PING });
    let id = '';
    for await (const channel of listener) {
      for await (const arrival of channel) {
        id = (await bob.codec.unpack(arrival.bytes)).id;
        await arrival.accept();
        break;
      }
      break;
    }
    expect((await station.store.size()).messages).toBe(1);
    const stranger = new Agent();
    await stranger.post(station, { type: 'https://didcomm.org/empty/1.0/empty', ack: [id] });
    expect((await station.store.size()).messages).toBe(1);
    await bob.post(station, { type: 'https://didcomm.org/empty/1.0/empty', ack: [id] });
    expect((await station.store.size()).messages).toBe(0);
  });
});

describe('basic messages', () => {
  test('reach whoever operates the station', async () => {
    const texts: string[] = [];
    await using station = await openStation({ onBasicMessage: ({ content }) => void texts.push(content) });
    const type = 'https://didcomm.org/basicmessage/2.0/message';
    expect((await new Agent().post(station, { type, body: { content: 'hello' } })).outcome).toBe('accepted');
    expect((await new Agent().post(station, { type, body: { content: 7 } })).outcome).toBe('ERR_MESSAGE_MALFORMED');
    expect(texts).toEqual(['hello']);
  });
});

describe('forwards', () => {
  test.each([
    ['nothing attached', []],
    ['a link', [{ data: { links: ['https://x'], hash: 'z' } }]],
    ['something that is not encrypted', [{ data: { json: { id: '1', type: 'x', body: {} } } }]],
    [
      'something that is not encrypted, in base64',
      [{ data: { base64: Buffer.from('{"a":1}').toString('base64url') } }],
    ],
    ['no JSON', [{ data: { base64: Buffer.from('hello').toString('base64url') } }]],
  ])('with %s are refused', async (_, attachments) => {
    await using station = await openStation();
    const [alice, bob] = [new Agent(), new Agent()];
    await enrol(bob, station);
    const forward = { type: 'https://didcomm.org/routing/2.0/forward', body: { next: bob.did }, attachments };
    const message = { id: 'f', to: [station.did], ...forward };
    const posted = await station.posts.post(await alice.codec.pack(message, undefined, station.did));
    expect(posted.outcome).toMatch(/^ERR_(MESSAGE|JSON)_MALFORMED$/);
  });

  test('base64 content is stored byte by byte as it was', async () => {
    await using station = await openStation();
    const [alice, bob] = [new Agent(), new Agent()];
    await enrol(bob, station);
    const spaced = JSON.stringify(JSON.parse(await alice.pack({ type: PING }, bob.did)), null, 2);
    await station.posts.post(await alice.wrap([spaced], bob.did, station.did, 'base64'));
    const [delivered] = await fetchFor(bob, station);
    expect(new TextDecoder().decode(delivered?.packed)).toBe(spaced);
  });

  test('to ourselves inside forwards to ourselves are opened, but not without end', async () => {
    await using station = await openStation();
    const [alice, bob] = [new Agent(), new Agent()];
    await enrol(bob, station);
    let packed = await alice.packForward('deep', bob.did, station.did);
    for (let i = 0; i < 3; i++) packed = await alice.wrap([packed], station.did, station.did);
    expect((await station.posts.post(packed)).outcome).toBe('accepted');
    expect(await fetchFor(bob, station)).toHaveLength(1);
    packed = await alice.wrap([packed], station.did, station.did);
    expect((await station.posts.post(packed)).outcome).toBe('ERR_ROUTE_LOOP');
  });

  test('of one connection are stored before what comes after them is answered', async () => {
    const wrapStore = (store: MessageStore): MessageStore =>
      new Proxy(store, {
        get(target, name) {
          const value = Reflect.get(target, name);
          if (name !== 'transact') return typeof value === 'function' ? value.bind(target) : value;
          return async (operations: Parameters<MessageStore['transact']>[0]) => {
            await new Promise((resolve) => setTimeout(resolve, 20));
            return target.transact(operations);
          };
        },
      });
    await using station = await openStation({ wrapStore });
    const bob = new Agent();
    await enrol(bob, station);
    const line = await bob.connect(station);
    const forwards = await Promise.all([1, 2, 3].map((i) => bob.packForward(`${i}`, bob.did, station.did)));
    const request = { type: 'https://didcomm.org/messagepickup/3.0/status-request', return_route: 'all' };
    const status = await bob.pack(request, station.did);
    await Promise.all([...forwards, status].map((packed) => line.sendPacked(packed)));
    await expect.poll(() => line.received('status')[0]?.body).toMatchObject({ message_count: 3 });
    await line.close();
  });

  test('count for the source they come from, not for a name that a stranger chooses', async () => {
    await using station = await openStation({ storeLimits: { perDepositor: { messages: 2, bytes: 1_000_000 } } });
    const bob = new Agent();
    await enrol(bob, station);
    const leave = async (from: `${string}:${string}`) =>
      (await station.posts.post(await new Agent().packForward('x', bob.did, station.did), from)).outcome;
    expect(await leave('http://192.0.2.1:1')).toBe('accepted');
    expect(await leave('http://192.0.2.1:2')).toBe('accepted');
    expect(await leave('http://192.0.2.1:3')).toBe('ERR_QUOTA_DEPOSITOR');
    expect(await leave('http://192.0.2.2:1')).toBe('accepted');
  });
});

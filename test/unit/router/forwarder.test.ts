import { describe, expect, test } from 'vitest';
import { WaypostError } from '../../../src/core/errors.js';
import { silentLogger } from '../../../src/core/logger.js';
import { outboundTo } from '../../../src/router/destination.js';
import { Forwarder, type ForwarderOptions, type Hop } from '../../../src/router/forwarder.js';
import { openMemoryStore } from '../../../src/store/memory-store.js';
import { ManualClock } from '../../support/manual-clock.js';
import { ManualScheduler, settle } from '../../support/manual-scheduler.js';
import { primitives } from '../../support/station.js';

const BOB = outboundTo('did:example:bob');
const away = () => new WaypostError('ERR_NETWORK', 'nobody answers', { retryable: true });

function open(options: Partial<ForwarderOptions> = {}) {
  const clock = new ManualClock();
  const scheduler = new ManualScheduler(clock);
  const store = openMemoryStore({ clock });
  const sent: string[] = [];
  const hop = (address: Hop['address'], isTrusted = true): Hop => ({
    address,
    isTrusted,
    prepare: async ({ content }) => content,
  });
  const settings = { failure: undefined as WaypostError | undefined };
  const forwarder = new Forwarder({
    store,
    scheduler,
    monotonicMs: () => clock.monotonicMs(),
    logger: silentLogger,
    backoff: { initialMs: 1000, maxMs: 60_000, random: () => 1 },
    hops: async () => [hop('test:bob')],
    send: async ({ address }, message) => {
      if (settings.failure !== undefined) throw settings.failure;
      sent.push(`${address} ${new TextDecoder().decode(message)}`);
    },
    ...options,
  });
  const put = async (text: string, destination = BOB) => {
    const content = new TextEncoder().encode(text);
    const message = { destination, depositor: 'test', priority: 'normal', content } as const;
    return store.put({ ...message, contentHash: primitives.sha256(content) });
  };
  const waiting = async () => (await store.status(BOB)).messages;
  return { clock, scheduler, store, forwarder, sent, settings, put, waiting, hop };
}

describe('the forwarder', () => {
  test('pushes in order and deletes what a trusted hop accepted', async () => {
    const { forwarder, put, sent, waiting } = open();
    for (let i = 0; i < 50; i++) await put(`${i}`);
    forwarder.wake(BOB);
    await expect.poll(waiting).toBe(0);
    expect(sent).toEqual(Array.from({ length: 50 }, (_, i) => `test:bob ${i}`));
    await settle();
    expect(forwarder.why(BOB)).toBeUndefined();
  });

  test('takes up after a restart what waited, and nothing from mailboxes', async () => {
    const { forwarder, put, sent, waiting } = open();
    await put('queued before');
    await put('for fetching', 'did:example:bob');
    await forwarder.start();
    await expect.poll(waiting).toBe(0);
    expect(sent).toEqual(['test:bob queued before']);
  });

  test('tries again after growing waits, and says when and why', async () => {
    const { forwarder, put, settings, scheduler, sent, waiting } = open();
    settings.failure = away();
    await put('patient');
    forwarder.wake(BOB);
    await settle();
    expect(forwarder.why(BOB)).toMatchObject({ state: 'waiting', nextTryInMs: 1000, failures: 1 });
    await scheduler.advance(1000);
    expect(forwarder.why(BOB)).toMatchObject({ nextTryInMs: 2000, failures: 2, lastError: { code: 'ERR_NETWORK' } });
    for (let i = 0; i < 10; i++) await scheduler.advance(60_000);
    expect(forwarder.why(BOB)).toMatchObject({ state: 'waiting' });
    expect(await waiting()).toBe(1);
    settings.failure = undefined;
    await scheduler.advance(60_000);
    expect(sent).toEqual(['test:bob patient']);
  });

  test('messages that come while a destination is away do not put off the next try', async () => {
    const { forwarder, put, settings, scheduler, sent } = open();
    settings.failure = away();
    for (let i = 0; i < 20; i++) {
      await put(`${i}`);
      forwarder.wake(BOB);
      await settle();
      await scheduler.advance(10);
    }
    expect(forwarder.why(BOB)).toMatchObject({ failures: 20, nextTryInMs: 800 });
    settings.failure = undefined;
    await scheduler.advance(800);
    expect(sent).toHaveLength(20);
  });

  test('a link that carries some messages and then fails is tried again soon, each time', async () => {
    const sent: string[] = [];
    let room = 0;
    const { forwarder, put, scheduler, waiting } = open({
      send: async (_hop, message) => {
        if (room-- <= 0) throw away();
        sent.push(new TextDecoder().decode(message));
      },
      onSent: () => sent.push('told'),
    });
    for (const text of ['a', 'b', 'c', 'd', 'e']) await put(text);
    forwarder.wake(BOB);
    await settle();
    await scheduler.advance(1000);
    await scheduler.advance(2000);
    expect(forwarder.why(BOB)).toMatchObject({ failures: 3, nextTryInMs: 4000 });
    room = 2;
    await scheduler.advance(4000);
    expect(forwarder.why(BOB)).toMatchObject({ failures: 1, nextTryInMs: 1000 });
    room = 2;
    await scheduler.advance(1000);
    expect(forwarder.why(BOB)).toMatchObject({ failures: 1, nextTryInMs: 1000 });
    expect(sent).toEqual(['a', 'b', 'told', 'c', 'd', 'told']);
    expect(await waiting()).toBe(1);
  });

  test('a link whose word proves nothing is not tried more often for what went out on it', async () => {
    const { hop } = open();
    const { forwarder, put, scheduler } = open({
      hops: async () => [hop('test:radio', false)],
      send: async (_hop, message) => {
        if (new TextDecoder().decode(message) === 'b') throw away();
      },
    });
    for (const text of ['a', 'b']) await put(text);
    forwarder.wake(BOB);
    await settle();
    await scheduler.advance(1000);
    expect(forwarder.why(BOB)).toMatchObject({ failures: 2, nextTryInMs: 2000 });
  });

  test('tries at once when the destination appears', async () => {
    const { forwarder, put, settings, sent } = open();
    settings.failure = away();
    await put('x');
    forwarder.wake(BOB);
    await settle();
    settings.failure = undefined;
    forwarder.wake(BOB);
    await expect.poll(() => sent.length).toBe(1);
  });

  test('waits as long as the peer asks, within its own limit', async () => {
    const { forwarder, put, settings } = open();
    settings.failure = new WaypostError('ERR_REFUSED', 'full', { retryable: true, retryAfterMs: 30_000 });
    await put('x');
    forwarder.wake(BOB);
    await settle();
    expect(forwarder.why(BOB)).toMatchObject({ nextTryInMs: 30_000 });
  });

  test('takes the next way when one fails', async () => {
    const { hop } = open();
    const { forwarder, put, sent, waiting } = open({
      hops: async () => [hop('test:first'), hop('test:second')],
      send: async ({ address }) => {
        if (address === 'test:first') throw away();
        sent.push(address);
      },
    });
    await put('x');
    forwarder.wake(BOB);
    await expect.poll(waiting).toBe(0);
    expect(sent).toEqual(['test:second']);
  });

  test('what is refused for good stays queued with its reason, and others pass it', async () => {
    const { forwarder, put, sent, waiting } = open({
      send: async ({ address }, message) => {
        const text = new TextDecoder().decode(message);
        if (text === 'bad') throw new WaypostError('ERR_REFUSED', 'malformed');
        sent.push(`${address} ${text}`);
      },
    });
    for (const text of ['bad', 'good', 'better']) await put(text);
    forwarder.wake(BOB);
    await expect.poll(() => sent).toEqual(['test:bob good', 'test:bob better']);
    await settle();
    expect(await waiting()).toBe(1);
    expect(forwarder.why(BOB)).toMatchObject({ state: 'waiting', heldBack: 1, lastError: { code: 'ERR_REFUSED' } });
  });

  test('an acknowledgement of a link that is not trusted deletes nothing; it is sent again later', async () => {
    const { hop } = open();
    const { forwarder, put, sent, waiting, scheduler } = open({
      hops: async () => [hop('test:radio', false)],
    });
    await put('x');
    forwarder.wake(BOB);
    await expect.poll(() => sent.length).toBe(1);
    await settle();
    expect(await waiting()).toBe(1);
    await scheduler.advance(60_000);
    await expect.poll(() => sent.length).toBe(2);
  });

  test('gives up a send that never ends, and keeps the message', async () => {
    const { forwarder, put, scheduler, waiting } = open({
      send: (_, __, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    });
    await put('x');
    forwarder.wake(BOB);
    await settle();
    expect(forwarder.why(BOB)).toEqual({ state: 'sending' });
    await scheduler.advance(60_000);
    expect(forwarder.why(BOB)).toMatchObject({ state: 'waiting', lastError: { code: 'ERR_NETWORK' } });
    expect(await waiting()).toBe(1);
  });

  test('disposal ends what is under way and loses nothing', async () => {
    const { forwarder, put, waiting } = open({
      send: (_, __, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    });
    await put('x');
    forwarder.wake(BOB);
    await settle();
    await forwarder[Symbol.asyncDispose]();
    expect(await waiting()).toBe(1);
  });
});

import { expect, test, vi } from 'vitest';
import { BoundedQueue } from '../../src/transport/bounded-queue.js';
import type { AbortOptions, Address, Arrival, Channel, Listener } from '../../src/transport/transport.js';
import { createMemoryTransport } from '../../transports/memory/memory.js';
import { Agent } from '../support/agent.js';
import { newIdentity, openStation, type Station } from '../support/station.js';

/* Somebody is found nearby, on a medium whose addresses lead nowhere: what waits for them leaves over that channel. */

/** A channel to somebody who claims a DID. */
class ClaimingChannel implements Channel {
  readonly remoteAddress: Address;
  readonly maxMessageBytes: number;
  readonly replies: Channel['replies'];
  readonly claimedDid: string;
  readonly #channel: Channel;

  constructor(channel: Channel, claimedDid: string) {
    this.#channel = channel;
    this.claimedDid = claimedDid;
    this.remoteAddress = channel.remoteAddress;
    this.maxMessageBytes = channel.maxMessageBytes;
    this.replies = channel.replies;
  }

  send(message: Uint8Array, options?: AbortOptions): Promise<void> {
    return this.#channel.send(message, options);
  }

  [Symbol.asyncIterator](): AsyncIterator<Arrival> {
    return this.#channel[Symbol.asyncIterator]();
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#channel[Symbol.asyncDispose]();
  }
}

/** `from` has found whoever is at `to`, and is told that it is `claimedDid`. */
async function meet(from: Station, to: Station, claimedDid: string): Promise<Channel> {
  const found = new BoundedQueue<Channel>(1);
  const listener: Listener = {
    addresses: [],
    [Symbol.asyncIterator]: () => found[Symbol.asyncIterator](),
    [Symbol.asyncDispose]: async () => found.end(),
  };
  void from.gateway.serve(listener);
  const channel = new ClaimingChannel(await to.dial(), claimedDid);
  await found.put(channel);
  return channel;
}

const memory = createMemoryTransport();
let stations = 0;

/** A gateway without any endpoint, that keeps the texts that it is sent. */
async function hut(neighbours: readonly string[], identity = newIdentity()) {
  const texts: unknown[] = [];
  const station = await openStation({
    memory,
    address: `memory:hut-${++stations}`,
    identities: [identity],
    relay: { neighbours },
    onBasicMessage: ({ content }) => void texts.push(content),
  });
  return { station, texts };
}

const agent = new Agent();
const waiting = async ({ store }: Station) => (await store.size()).messages;

/** Leaves a message for `to` at a station. */
async function leave(text: string, to: Station, at: Station): Promise<void> {
  const { outcome } = await at.posts.post(await agent.packForward(text, to.did, at.did));
  expect(outcome).toBe('accepted');
}

test('what waits for a neighbour leaves over the channel to it, in both directions', async () => {
  const [mine, theirs] = [newIdentity(), newIdentity()];
  const a = await hut([theirs.did], mine);
  const b = await hut([mine.did], theirs);
  await leave('up', b.station, a.station);
  await leave('down', a.station, b.station);
  expect([await waiting(a.station), await waiting(b.station)]).toEqual([1, 1]);

  const channel = await meet(a.station, b.station, theirs.did);
  await vi.waitFor(() => expect([a.texts, b.texts]).toEqual([['down'], ['up']]));
  await vi.waitFor(async () => expect([await waiting(a.station), await waiting(b.station)]).toEqual([0, 0]));
  await leave('at once', b.station, a.station);
  await vi.waitFor(() => expect(b.texts).toEqual(['up', 'at once']));

  await channel[Symbol.asyncDispose]();
  await leave('later', b.station, a.station);
  expect(b.texts).toHaveLength(2);
  await meet(a.station, b.station, theirs.did);
  await vi.waitFor(() => expect(b.texts).toEqual(['up', 'at once', 'later']));
  for (const { station } of [a, b]) await station[Symbol.asyncDispose]();
});

test('somebody who only says that it is the neighbour gets nothing', async () => {
  const theirs = newIdentity();
  const a = await hut([theirs.did]);
  const impostor = await hut([]);
  await leave('secret', await hut([], theirs).then(({ station }) => station), a.station);
  const channel = await meet(a.station, impostor.station, theirs.did);
  await vi.waitFor(() => expect(a.station.gateway.peers()).toHaveLength(1));
  await a.station.scheduler.advance(60_000); // it gave no proof
  expect(a.station.gateway.peers()[0]).toMatchObject({ dids: [], claimedDid: theirs.did });
  expect(await waiting(a.station)).toBe(1);
  expect(impostor.texts).toEqual([]);
  await channel[Symbol.asyncDispose]();
});

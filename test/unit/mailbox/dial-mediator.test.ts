import { expect, test } from 'vitest';
import { WaypostError } from '../../../src/core/errors.js';
import { withResolvers } from '../../../src/core/with-resolvers.js';
import { dialMediator } from '../../../src/mailbox/dial-mediator.js';
import type { Address, Channel } from '../../../src/transport/transport.js';
import { ManualClock } from '../../support/manual-clock.js';
import { ManualScheduler, settle } from '../../support/manual-scheduler.js';

const ADDRESSES: readonly Address[] = ['ws://here', 'ws://name.local', 'ws://elsewhere'];

/** Three addresses that open or fail when the test says so. */
function places() {
  const dialled = new Map(ADDRESSES.map((address) => [address, withResolvers<Channel>()]));
  const closed: Address[] = [];
  const scheduler = new ManualScheduler(new ManualClock());
  const http = { dial: async (address: Address) => channelTo(address) };
  const webSocket = { dial: (address: Address) => dialled.get(address)?.promise ?? http.dial(address) };
  const channelTo = (address: Address): Channel => ({
    remoteAddress: address,
    maxMessageBytes: 1,
    replies: 'many',
    send: async () => {},
    async *[Symbol.asyncIterator]() {},
    [Symbol.asyncDispose]: async () => void closed.push(address),
  });
  const endpoints = { webSocket: ADDRESSES, http: ['http://here' as const] };
  const channel = dialMediator({ endpoints, webSocket, http, scheduler });
  return {
    channel: channel.then(({ remoteAddress }) => remoteAddress),
    closed,
    scheduler,
    open: (address: Address) => dialled.get(address)?.resolve(channelTo(address)),
    fail: (address: Address, code: 'ERR_NETWORK' | 'ERR_REFUSED' = 'ERR_NETWORK') =>
      dialled.get(address)?.reject(new WaypostError(code, 'not here')),
  };
}

test('the likeliest address wins when it opens within a moment, and the others are closed', async () => {
  const { channel, open, closed, scheduler } = places();
  open('ws://name.local');
  await scheduler.advance(400);
  open('ws://here');
  expect(await channel).toBe('ws://here');
  open('ws://elsewhere');
  await settle();
  expect(closed).toEqual(['ws://name.local', 'ws://elsewhere']);
});

test('nobody waits long for an address that does not answer', async () => {
  const { channel, open, scheduler } = places();
  open('ws://elsewhere');
  await settle();
  await scheduler.advance(500);
  expect(await channel).toBe('ws://elsewhere');
});

test('nobody waits for addresses that failed', async () => {
  const { channel, open, fail } = places();
  fail('ws://here');
  fail('ws://name.local');
  open('ws://elsewhere');
  expect(await channel).toBe('ws://elsewhere');
});

test('where none opens, the first one counts: what refuses sockets may take posts', async () => {
  const [away, refusing] = [places(), places()];
  for (const address of ADDRESSES) away.fail(address);
  await expect(away.channel).rejects.toMatchObject({ code: 'ERR_NETWORK' });
  refusing.fail('ws://here', 'ERR_REFUSED');
  for (const address of ADDRESSES.slice(1)) refusing.fail(address);
  expect(await refusing.channel).toBe('http://here');
});

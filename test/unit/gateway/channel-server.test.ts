import { expect, onTestFinished, test } from 'vitest';
import { WaypostError } from '../../../src/core/errors.js';
import { silentLogger } from '../../../src/core/logger.js';
import { type Resolvers, withResolvers } from '../../../src/core/with-resolvers.js';
import { ChannelServer } from '../../../src/gateway/channel-server.js';
import type { Opened } from '../../../src/gateway/intake.js';
import type { PeerConnection } from '../../../src/gateway/peer-connection.js';
import { parseMessageType } from '../../../src/protocols/message-type.js';
import type { Received } from '../../../src/protocols/protocol.js';
import { BoundedQueue } from '../../../src/transport/bounded-queue.js';
import type { Address, Arrival, Channel } from '../../../src/transport/transport.js';
import { settle } from '../../support/manual-scheduler.js';

const FORWARD = 'https://didcomm.org/routing/2.0/forward';
const PING = 'https://didcomm.org/trust-ping/2.0/ping';

interface Limits {
  readonly handling?: number;
  readonly openingPerChannel?: number;
}

/** A server whose messages are opened, handled and answered when the test says so. `log` has what happened, in order. */
function serverUnderTest({ handling = 100, openingPerChannel = 10 }: Limits = {}) {
  const log: string[] = [];
  const steps = new Map<string, Resolvers<void>>();
  const step = (name: string): Resolvers<void> => {
    const known = steps.get(name) ?? withResolvers<void>();
    steps.set(name, known);
    return known;
  };
  const nameOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  const server = new ChannelServer({
    sensors: undefined,
    logger: silentLogger,
    handling,
    openingPerChannel,
    handlingPerChannel: 10,
    connect: () => ({ remoteAddress: 'test:', close: () => {} }) as unknown as PeerConnection,
    handler: {
      async open(bytes) {
        log.push(`open ${nameOf(bytes)}`);
        await step(`opened ${nameOf(bytes)}`).promise;
        if (nameOf(bytes).startsWith('bad')) throw new WaypostError('ERR_DECRYPT_FAILED', 'damaged');
        const type = parseMessageType(nameOf(bytes).startsWith('forward') ? FORWARD : PING);
        return { unpacked: {}, ownDid: nameOf(bytes), type } as Opened;
      },
      async admit({ ownDid, type }) {
        log.push(`admit ${ownDid}`);
        return { ownDid, type } as Received;
      },
      async handle(_arrival, { ownDid }, _connection, onHandled) {
        log.push(`handle ${ownDid}`);
        await step(`handled ${ownDid}`).promise;
        onHandled();
        await step(`told ${ownDid}`).promise;
        log.push(`done ${ownDid}`);
      },
      async refuse(arrival, _connection, reason) {
        log.push(`refuse ${nameOf(arrival.bytes)} ${(reason as WaypostError).code}`);
      },
    },
  });
  onTestFinished(() => {
    for (const { resolve } of steps.values()) resolve();
  });
  return {
    server,
    log,
    /** Lets a step end, at once or when it comes. */
    async end(...names: string[]): Promise<void> {
      for (const name of names) step(name).resolve();
      await settle();
    },
    async serve(...names: string[]): Promise<BoundedQueue<Arrival>> {
      const arrivals = new BoundedQueue<Arrival>(100);
      for (const name of names) arrivals.push({ bytes: new TextEncoder().encode(name) } as Arrival);
      void server.serveChannel(channelOf(arrivals));
      await settle();
      return arrivals;
    },
  };
}

function channelOf(arrivals: BoundedQueue<Arrival>): Channel {
  return {
    remoteAddress: 'test:' as Address,
    maxMessageBytes: 1000,
    replies: 'many',
    send: async () => {},
    [Symbol.asyncIterator]: () => arrivals[Symbol.asyncIterator](),
    [Symbol.asyncDispose]: async () => arrivals.end(),
  };
}

test('messages of one channel are opened side by side and handled in their order', async () => {
  const { log, end, serve } = serverUnderTest();
  await serve('ping 1', 'ping 2', 'ping 3');
  expect(log).toEqual(['open ping 1', 'open ping 2', 'open ping 3']);
  log.length = 0;
  await end('opened ping 3', 'opened ping 2', 'handled ping 2', 'told ping 2');
  expect(log).toEqual([]);
  await end('opened ping 1');
  expect(log).toEqual(['admit ping 1', 'handle ping 1']);
  log.length = 0;
  await end('handled ping 1');
  expect(log).toEqual([]);
  await end('told ping 1');
  expect(log).toEqual(['done ping 1', 'admit ping 2', 'handle ping 2', 'done ping 2', 'admit ping 3', 'handle ping 3']);
});

test('forwards overlap; anything else waits for them, and they for it', async () => {
  const { log, end, serve } = serverUnderTest();
  await end(...['forward 1', 'forward 2', 'ping', 'forward 3'].map((name) => `opened ${name}`));
  await serve('forward 1', 'forward 2', 'ping', 'forward 3');
  expect(log.filter((line) => line.startsWith('handle'))).toEqual(['handle forward 1', 'handle forward 2']);
  await end('handled forward 1', 'told forward 1', 'handled forward 2');
  expect(log).not.toContain('handle ping');
  await end('told forward 2');
  expect(log).toContain('handle ping');
  expect(log).not.toContain('handle forward 3');
  await end('handled ping', 'told ping');
  expect(log.at(-1)).toBe('handle forward 3');
});

test('no more are opened ahead than the limit says, until their turn has come', async () => {
  const { log, end, serve } = serverUnderTest({ openingPerChannel: 2 });
  await serve('ping 1', 'ping 2', 'ping 3', 'ping 4');
  await end('opened ping 2');
  expect(log).toEqual(['open ping 1', 'open ping 2']);
  await end('opened ping 1');
  expect(log).toContain('open ping 3');
  expect(log).not.toContain('open ping 4');
});

test('a message that cannot be opened is refused in its turn, and the next one goes on', async () => {
  const { log, end, serve } = serverUnderTest();
  await serve('ping 1', 'bad', 'ping 2');
  await end('opened ping 2', 'opened bad');
  expect(log.some((line) => line.startsWith('refuse'))).toBe(false);
  await end('opened ping 1', 'handled ping 1', 'told ping 1');
  expect(log.slice(-4)).toEqual(['done ping 1', 'refuse bad ERR_DECRYPT_FAILED', 'admit ping 2', 'handle ping 2']);
});

test('a peer that reads no answers holds no slot, nor does what waits behind it', async () => {
  const { server, log, end, serve } = serverUnderTest({ handling: 1 });
  const names = ['stuck', 'ping 1', 'ping 2'];
  await end(...names.map((name) => `opened ${name}`), 'handled stuck');
  await serve(...names);
  expect(log.at(-1)).toBe('open ping 2');
  expect(server.handling).toBe(0);
  await end('opened ping of another', 'handled ping of another', 'told ping of another');
  await serve('ping of another');
  expect(log.at(-1)).toBe('done ping of another');
});

test('what waits for its turn when the station shuts down is refused, and what is handled is finished', async () => {
  const { server, log, end, serve } = serverUnderTest();
  await end('opened ping 1', 'opened ping 2');
  await serve('ping 1', 'ping 2');
  const closed = server[Symbol.asyncDispose]();
  await end('handled ping 1', 'told ping 1');
  await closed;
  expect(log.slice(-2)).toEqual(['done ping 1', 'refuse ping 2 ERR_DRAINING']);
});

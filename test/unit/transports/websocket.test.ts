import { EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { fromUtf8, utf8 } from '../../../src/core/bytes.js';
import { WaypostError } from '../../../src/core/errors.js';
import { createAddressPolicy } from '../../../src/net/address-policy.js';
import type { Address, Arrival, Channel } from '../../../src/transport/transport.js';
import { WebSocketChannel } from '../../../transports/websocket/channel.js';
import { DEFAULT_WEBSOCKET_LIMITS, type WebSocketLimits } from '../../../transports/websocket/limits.js';
import { createWebSocketTransport, type WebSocketTransportOptions } from '../../../transports/websocket/transport.js';
import { openStation, post, RawConnection, until } from './http-support.js';
import { localOutbound } from './local.js';

const JWE = '{"protected":"e30","recipients":[],"iv":"","ciphertext":"","tag":""}';

/** A listener whose channels are collected, and whose arrivals are too while `take` is not false. */
async function listen(
  limits: Partial<WebSocketLimits> = {},
  options: Partial<WebSocketTransportOptions> = {},
  take = true,
) {
  const transport = createWebSocketTransport({ outbound: localOutbound, limits, ...options });
  const listener = await transport.listen('ws://127.0.0.1:0/');
  const channels: Channel[] = [];
  const arrivals: Arrival[] = [];
  void (async () => {
    for await (const channel of listener) {
      channels.push(channel);
      if (take) void collect(channel, arrivals);
    }
  })();
  const url = listener.addresses[0] ?? 'ws:';
  return {
    transport,
    listener,
    url,
    port: Number(new URL(url).port),
    channels,
    arrivals,
    async [Symbol.asyncDispose]() {
      await Promise.all(channels.map((channel) => channel[Symbol.asyncDispose]()));
      await listener[Symbol.asyncDispose]();
      await transport[Symbol.asyncDispose]();
    },
  };
}

async function collect(channel: Channel, arrivals: Arrival[]): Promise<void> {
  for await (const arrival of channel) arrivals.push(arrival);
}

/** A peer that is not ours. */
async function open(url: string): Promise<WebSocket & Disposable> {
  const socket = new WebSocket(url);
  await once(socket, 'open');
  return Object.assign(socket, { [Symbol.dispose]: () => socket.terminate() });
}

describe('frames', () => {
  test('text and binary ones are messages alike', async () => {
    await using station = await listen();
    using peer = await open(station.url);
    peer.send(JWE);
    peer.send(Buffer.from(JWE));
    await until('two arrivals', () => station.arrivals.length === 2);
    expect(station.arrivals.map(({ bytes }) => fromUtf8(bytes))).toEqual([JWE, JWE]);
  });

  test('are sent as text, and as binary where the bytes are no text', async () => {
    await using station = await listen();
    using peer = await open(station.url);
    await until('the channel', () => station.channels.length === 1);
    const frames: boolean[] = [];
    peer.on('message', (_data, isBinary) => frames.push(isBinary));
    await station.channels[0]?.send(utf8(JWE));
    await station.channels[0]?.send(Uint8Array.of(0xff, 0xfe));
    await until('two frames', () => frames.length === 2);
    expect(frames).toEqual([false, true]);
  });

  test('say nothing when a message is accepted, and carry the reply when there is one', async () => {
    await using station = await listen();
    using peer = await open(station.url);
    const received: string[] = [];
    peer.on('message', (data) => received.push(String(data)));
    for (let i = 0; i < 4; i++) peer.send(JWE);
    await until('the arrivals', () => station.arrivals.length === 4);
    await station.arrivals[0]?.accept();
    await station.arrivals[1]?.refuse(new WaypostError('ERR_NEXT_UNKNOWN', ''));
    await station.arrivals[2]?.accept(utf8('"reply"'));
    await station.arrivals[3]?.refuse(new WaypostError('ERR_NEXT_UNKNOWN', ''), utf8('"report"'));
    await until('two messages', () => received.length === 2);
    expect(received).toEqual(['"reply"', '"report"']);
  });

  test('that came before the peer closed still arrive', async () => {
    await using station = await listen({}, {}, false);
    using peer = await open(station.url);
    for (let i = 0; i < 5; i++) peer.send(JWE);
    peer.close();
    await once(peer, 'close');
    await until('the channel', () => station.channels.length === 1);
    const [channel] = station.channels;
    if (channel === undefined) throw new Error('no channel');
    const arrivals: Arrival[] = [];
    await collect(channel, arrivals);
    expect(arrivals).toHaveLength(5);
    await expect(arrivals[0]?.accept()).rejects.toMatchObject({ code: 'ERR_CHANNEL_CLOSED' });
  });

  test('over the size limit close the channel with 1009, and nothing of them arrives', async () => {
    await using station = await listen({ maxMessageBytes: 1000 });
    using peer = await open(station.url);
    peer.send('x'.repeat(1001));
    const [code] = await once(peer, 'close');
    expect(code).toBe(1009);
    expect(station.arrivals).toHaveLength(0);
  });

  test('are never compressed', async () => {
    await using station = await listen();
    using peer = await open(station.url);
    expect(peer.extensions).toBe('');
  });
});

describe('back-pressure', () => {
  test('what nobody takes is not read: the sender has to wait, and nothing is lost', async () => {
    await using station = await listen({ maxWaitingMessages: 4 }, {}, false);
    await using sender = createWebSocketTransport({ outbound: localOutbound });
    await using channel = await sender.dial(station.url as Address);
    const message = new Uint8Array(512 * 1024).fill(0x20);
    let sent = 0;
    const sending = (async () => {
      for (; sent < 64; sent++) await channel.send(message);
    })();
    await new Promise((resolve) => setTimeout(resolve, 200));
    const stuckAt = sent;
    expect(stuckAt).toBeLessThan(40); // the rest of 32 MiB is with the sender; these fill the buffers of the system
    const arrivals: Arrival[] = [];
    const [theirs] = station.channels;
    if (theirs === undefined) throw new Error('no channel');
    void collect(theirs, arrivals);
    await sending;
    await until('all messages', () => arrivals.length === 64, 5000);
  });

  test('a peer that does not read is cut when a message takes too long to leave', async () => {
    await using station = await listen({ sendTimeoutMs: 100 });
    using peer = await open(station.url);
    peer.pause();
    await until('the channel', () => station.channels.length === 1);
    const flood = async () => {
      for (;;) await station.channels[0]?.send(new Uint8Array(1024 * 1024));
    };
    await expect(flood()).rejects.toMatchObject({ code: 'ERR_CHANNEL_CLOSED', retryable: true });
  });

  test('a peer that pings and never reads gets no more answers, so that they cannot fill the memory', async () => {
    const socket = Object.assign(new EventEmitter(), { bufferedAmount: 0, pongs: 0, pong: () => socket.pongs++ });
    const limits = DEFAULT_WEBSOCKET_LIMITS;
    const options = { limits, charge: () => 0, expectsMessage: false };
    new WebSocketChannel(socket as unknown as WebSocket, 'ws://peer', options);
    socket.emit('ping', Buffer.alloc(100));
    expect(socket.pongs).toBe(1);
    socket.bufferedAmount = 20_000;
    socket.emit('ping', Buffer.alloc(100));
    expect(socket.pongs).toBe(1);
    socket.emit('close');
  });

  test('over its rate a peer is read more slowly, and nothing is lost', async () => {
    await using station = await listen({ messageRate: { perSecond: 100, burst: 10 } });
    using peer = await open(station.url);
    const startMs = performance.now();
    for (let i = 0; i < 30; i++) peer.send(JWE);
    await new Promise((resolve) => setTimeout(resolve, 20));
    peer.send(JWE);
    await until('all messages', () => station.arrivals.length === 31);
    expect(performance.now() - startMs).toBeGreaterThan(150);
  });
});

describe('peers that are gone or idle', () => {
  test('a peer that no longer answers pings is cut', async () => {
    await using station = await listen({ heartbeatMs: 40 });
    using peer = new RawConnection(station.port);
    peer.write(HANDSHAKE); // it will not answer any frame
    await until('the channel', () => station.channels.length === 1);
    const startMs = performance.now();
    await peer.closed;
    expect(performance.now() - startMs).toBeLessThan(500);
    await expect(station.channels[0]?.send(utf8(JWE))).rejects.toMatchObject({ code: 'ERR_CHANNEL_CLOSED' });
  });

  test('a peer that answers pings stays, however long it has nothing to say', async () => {
    await using station = await listen({ heartbeatMs: 20 });
    using peer = await open(station.url);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(peer.readyState).toBe(WebSocket.OPEN);
  });

  test('a peer that has never sent a message is cut, and one that has stays', async () => {
    await using station = await listen({ firstMessageTimeoutMs: 80 });
    using silent = await open(station.url);
    using known = await open(station.url);
    known.send(JWE);
    await once(silent, 'close');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(known.readyState).toBe(WebSocket.OPEN);
  });

  test('a peer that does not answer the closing of a channel does not hold it up', async () => {
    await using station = await listen({ closeTimeoutMs: 50 });
    using peer = new RawConnection(station.port);
    peer.write(HANDSHAKE);
    await until('the channel', () => station.channels.length === 1);
    const startMs = performance.now();
    await station.channels[0]?.[Symbol.asyncDispose]();
    expect(performance.now() - startMs).toBeLessThan(500);
  });
});

const HANDSHAKE =
  'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n';

describe('connections', () => {
  const statusOf = async (url: string) => {
    const socket = new WebSocket(url);
    socket.on('error', () => undefined);
    const [, response] = await once(socket, 'unexpected-response');
    socket.terminate();
    return response;
  };

  test('of one source have a limit, and closing one makes room', async () => {
    // As from a proxy: the limit on the sockets of the port does not count for it.
    await using station = await listen({ maxConnectionsPerSource: 2 }, { trustedProxies: ['127.0.0.1'] });
    const first = await open(station.url);
    using _second = await open(station.url);
    expect((await statusOf(station.url)).statusCode).toBe(429);
    first.terminate();
    await until('room', () => first.readyState === WebSocket.CLOSED);
    await new Promise((resolve) => setTimeout(resolve, 30));
    using third = await open(station.url);
    expect(third.readyState).toBe(WebSocket.OPEN);
  });

  test('hundreds that are idle are in nobody’s way', async () => {
    await using station = await listen({ maxConnectionsPerSource: 500, maxWaitingChannels: 500 });
    const idle = await Promise.all(Array.from({ length: 300 }, () => open(station.url)));
    idle[150]?.send(JWE);
    await until('the arrival', () => station.arrivals.length === 1);
    expect(station.channels).toHaveLength(300);
    for (const socket of idle) socket.terminate();
  });

  test('on another path are refused', async () => {
    await using station = await listen();
    expect((await statusOf(`${station.url}other`)).statusCode).toBe(404);
  });

  test('of a plain HTTP client are told what is spoken here', async () => {
    await using station = await listen();
    expect((await fetch(station.url.replace('ws:', 'http:'))).status).toBe(426);
  });

  test('that are refused say so to our own dialler, with when to come back', async () => {
    await using station = await listen({ maxConnectionsPerSource: 0 }, { trustedProxies: ['127.0.0.1'] });
    await expect(station.transport.dial(station.url as Address)).rejects.toMatchObject({
      code: 'ERR_REFUSED',
      retryable: true,
      retryAfterMs: 30_000,
    });
    await expect(station.transport.dial(`${station.url}other` as Address)).rejects.toMatchObject({
      code: 'ERR_REFUSED',
      retryable: false,
    });
  });

  test('to a peer that does not answer the handshake are given up', async () => {
    await using deaf = await openStation(async () => undefined, {}, { onRequest: () => undefined });
    const limits = { dialTimeoutMs: 100 };
    await using transport = createWebSocketTransport({ outbound: localOutbound, limits });
    await expect(transport.dial(deaf.url.replace('http', 'ws') as Address)).rejects.toMatchObject({
      code: 'ERR_NETWORK',
      retryable: true,
    });
  });

  test('follow the address policy, except to configured origins', async () => {
    await using station = await listen();
    const policy = createAddressPolicy({ allow: [] });
    await using strict = createWebSocketTransport({ outbound: { policy } });
    await expect(strict.dial(station.url as Address)).rejects.toMatchObject({ code: 'ERR_ADDRESS_REFUSED' });
    expect(station.channels).toHaveLength(0);
    const trustedOrigins = [station.url];
    await using trusting = createWebSocketTransport({ outbound: { policy, trustedOrigins } });
    await using channel = await trusting.dial(station.url as Address);
    expect(channel.remoteAddress).toBe(station.url);
  });
});

describe('one port for HTTP and WebSocket', () => {
  test('serves both on the same path, and channels outlive the listener', async () => {
    await using sockets = createWebSocketTransport({ outbound: localOutbound });
    await using attached = sockets.attach('/');
    await using station = await openStation((arrival) => arrival.accept(), {}, { onUpgrade: attached.onUpgrade });
    expect((await post(station.url, JWE)).status).toBe(202);
    using peer = await open(station.url.replace('http', 'ws'));
    const taken = await attached[Symbol.asyncIterator]().next();
    if (taken.done) throw new Error('no channel');
    await station.stop();
    peer.send(JWE);
    const arrival = await taken.value[Symbol.asyncIterator]().next();
    expect(arrival.done).toBe(false);
    await taken.value[Symbol.asyncDispose]();
  });

  test('without a WebSocket transport refuses upgrades and stays up', async () => {
    await using station = await openStation((arrival) => arrival.accept());
    const socket = connect(station.port, '127.0.0.1');
    socket.write(HANDSHAKE);
    const [data] = await once(socket, 'data');
    expect(String(data)).toMatch(/^HTTP\/1\.1 4/);
    socket.destroy();
    expect((await post(station.url, JWE)).status).toBe(202);
  });
});

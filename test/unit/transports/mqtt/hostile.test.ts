import { createServer } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { utf8 } from '../../../../src/core/bytes.js';
import { WaypostError } from '../../../../src/core/errors.js';
import { BoundedQueue } from '../../../../src/transport/bounded-queue.js';
import type { Address, Arrival, Channel } from '../../../../src/transport/transport.js';
import { encodeSegments, encodeWhole } from '../../../../transports/mqtt/frame-codec.js';
import type { MqttLimits } from '../../../../transports/mqtt/limits.js';
import { within } from '../../../conformance/within.js';
import { countingLogger } from '../../../support/counting-logger.js';
import { describeMosquitto } from '../../../support/describe-mosquitto.js';
import { type Mosquitto, startMosquitto } from '../../../support/mosquitto.js';
import { rawClient } from '../../../support/mqtt-raw.js';
import { mqttTransport } from '../../../support/mqtt-transport.js';

/** What comes to an inbox from somebody who means no good; each thing is counted, and none of it stays at the broker. */
let broker: Mosquitto;
let places = 0;

/** A station of its own, and a stranger. */
async function open(limits: Partial<MqttLimits> = {}, versions: readonly (4 | 5)[] = [5]) {
  const topic = `didcomm/station-${++places}/in`;
  const address = `${broker.origin}/${topic}` as Address;
  const { logger, count } = countingLogger();
  const transport = await mqttTransport({ logger, limits, versions });
  const listener = await transport.listen(address);
  const arrivals = new BoundedQueue<{ arrival: Arrival; channel: Channel }>(10_000);
  const take = async (channel: Channel) => {
    for await (const arrival of channel) arrivals.push({ arrival, channel });
  };
  const takeAll = async () => {
    for await (const channel of listener) void take(channel);
  };
  void takeAll();
  const stranger = await rawClient(broker.origin);
  return {
    topic,
    address,
    transport,
    stranger,
    count,
    arrivals,
    async next() {
      const result = await within('an arrival', arrivals[Symbol.asyncIterator]().next());
      if (result.done) throw new Error('the station was closed');
      return result.value;
    },
    async [Symbol.asyncDispose]() {
      await stranger[Symbol.asyncDispose]();
      await transport[Symbol.asyncDispose]();
    },
  };
}

const message = utf8('{"ciphertext":"x"}');

describeMosquitto('an inbox on Mosquitto', () => {
  beforeAll(async () => {
    broker = await startMosquitto('max_inflight_messages 1000', 'max_queued_messages 0');
  });
  afterAll(() => broker[Symbol.asyncDispose]());

  test('retained messages are acknowledged, counted and nothing else', async () => {
    const retained = `didcomm/station-${places + 1}/in`;
    await using first = await rawClient(broker.origin);
    await first.publish(retained, message, { retain: true });
    await using station = await open();
    await station.stranger.publish(station.topic, message, { retain: true });
    await vi.waitFor(() => expect(station.count('mqtt.retained')).toBe(1));
    await station.stranger.publish(station.topic, message);
    await (await station.next()).arrival.accept();
    expect(station.arrivals.length).toBe(0);
  });

  test('a stranger cannot make the station publish anywhere but to return paths', async () => {
    await using station = await open();
    const name = 'abcdefghijklmnopqrstuv';
    const elsewhere = [
      'victim/topic',
      `other/${name}/back`,
      'didcomm/short/back',
      `didcomm/${name}/in`,
      `didcomm/${name}/back/x`,
      `didcomm/../${name}/back`,
      '$SYS/broker/uptime',
    ];
    for (const responseTopic of elsewhere) {
      await station.stranger.publish(station.topic, message, { properties: { responseTopic } });
      const { arrival, channel } = await station.next();
      expect(channel.replies).toBe('none');
      await expect(channel.send(message)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
      await arrival.refuse(new WaypostError('ERR_NOT_ALLOWED', 'for this test'), message);
    }
    expect(station.count('mqtt.response-topic-refused')).toBe(elsewhere.length);
    await station.stranger.publish(station.topic, message, { properties: { responseTopic: `didcomm/${name}/back` } });
    expect((await station.next()).channel.replies).toBe('many');
  });

  test('rubbish is refused with a reason, once', async () => {
    await using station = await open({ maxMessageBytes: 10_000 });
    const rubbish = [
      Uint8Array.of(),
      Uint8Array.of(0),
      Uint8Array.of(0, 1),
      Uint8Array.of(0, 9, 0, 1),
      Uint8Array.of(0, 3, 0),
      Uint8Array.of(0, 1, 22, ...utf8('../../../../../etc/pas'), 1),
      Uint8Array.of(0, 2, 0, 1, 2, 3),
    ];
    for (const payload of rubbish) expect(await station.stranger.publish(station.topic, payload)).toBe(0);
    await station.stranger.publish(station.topic, new Uint8Array(10_001).fill(0x7b));
    const [huge] = encodeSegments(new Uint8Array(20_000), new Uint8Array(32), undefined, 1000);
    await station.stranger.publish(station.topic, huge ?? new Uint8Array());
    await vi.waitFor(() => {
      expect(station.count('mqtt.malformed')).toBe(rubbish.length);
      expect(station.count('mqtt.oversized')).toBe(2);
    });
    expect(station.arrivals.length).toBe(0);
  });

  test('segments that do not have the hash they name are refused, and those of two senders do not mix', async () => {
    await using station = await open();
    const whole = new Uint8Array(3000).fill(0x7b);
    for (const segment of encodeSegments(whole, new Uint8Array(32).fill(7), undefined, 1000)) {
      await station.stranger.publish(station.topic, segment);
    }
    await vi.waitFor(() => expect(station.count('mqtt.malformed')).toBe(1));
    const sha256 = async (bytes: Uint8Array) =>
      new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(bytes)));
    const other = new Uint8Array(3000).fill(0x20);
    const [a, b] = [
      [...encodeSegments(whole, await sha256(whole), undefined, 1000)],
      [...encodeSegments(other, await sha256(other), 'abcdefghijklmnopqrstuv', 1000)],
    ];
    for (const [index, segment] of a.entries()) {
      await station.stranger.publish(station.topic, b[index] ?? segment);
      await station.stranger.publish(station.topic, segment);
    }
    const arrived = [await station.next(), await station.next()];
    expect(new Set(arrived.map(({ arrival }) => arrival.bytes[0]))).toEqual(new Set([0x20, 0x7b]));
    for (const { arrival } of arrived) expect(arrival.bytes).toHaveLength(3000);
  });

  test('a flood is not taken faster than it is settled', async () => {
    await using station = await open({ window: 20 });
    const flood = Array.from({ length: 200 }, (_, i) => station.stranger.publish(station.topic, utf8(`{"i":${i}}`)));
    await Promise.all(flood);
    await vi.waitFor(() => expect(station.arrivals.length).toBe(20));
    const seen = new Set<string>();
    while (seen.size < 200) {
      expect(station.arrivals.length).toBeLessThanOrEqual(20);
      const { arrival } = await station.next();
      seen.add(new TextDecoder().decode(arrival.bytes));
      await arrival.accept();
    }
  });

  test('the same holds for MQTT 3.1.1, and for what promises nothing', async () => {
    await using station = await open({ window: 20 }, [4]);
    const flood = Array.from({ length: 100 }, (_, i) => station.stranger.publish(station.topic, utf8(`{"i":${i}}`)));
    await Promise.all(flood);
    await vi.waitFor(() => expect(station.count('mqtt.held')).toBeGreaterThan(0));
    expect(station.arrivals.length).toBe(21);
    for (let i = 0; i < 100; i++) await (await station.next()).arrival.accept();
    expect(station.count('mqtt.held')).toBeLessThan(20); // not once a message
    for (let i = 0; i < 100; i++) await station.stranger.publish(station.topic, message, { qos: 0 });
    await vi.waitFor(() => expect(station.arrivals.length).toBe(21));
  });

  test('return paths that somebody makes up are forgotten again', async () => {
    await using station = await open({ maxPeers: 10 });
    for (let i = 0; i < 25; i++) {
      const name = `abcdefghijklmnopqrst${'abcdefghijklmnopqrstuvwxyz'[i]}a`;
      await station.stranger.publish(station.topic, encodeWhole(message, name));
      await (await station.next()).arrival.accept();
    }
    expect(station.count('mqtt.peer-forgotten')).toBeGreaterThanOrEqual(15);
  });

  test('what is refused for now comes again, and is not acknowledged before', async () => {
    await using station = await open({ offerAgainMs: 20 });
    await station.stranger.publish(station.topic, message);
    const full = new WaypostError('ERR_STORE_FULL', 'for this test', { retryable: true });
    await (await station.next()).arrival.refuse(full);
    await (await station.next()).arrival.refuse(full);
    expect(station.count('mqtt.refused-for-now')).toBe(2);
    await (await station.next()).arrival.accept();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(station.arrivals.length).toBe(0);
  });

  test('a message for a station that was never there fails at once', async () => {
    await using station = await open();
    const nobody = `${broker.origin}/didcomm/nobody/in` as Address;
    await expect(station.transport.dial(nobody)).rejects.toMatchObject({ code: 'ERR_NETWORK', retryable: true });
  });
});

test('a broker that announces a packet without end is cut off', async () => {
  const { logger, count } = countingLogger();
  await using transport = await mqttTransport({ logger });
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write(Buffer.of(0x20, 3, 0, 0, 0)); // CONNACK of MQTT 5
      socket.write(Buffer.of(0x30, 0xff, 0xff, 0xff, 0x7f)); // a PUBLISH of 256 MB
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await transport.listen(`mqtt://127.0.0.1:${port}/didcomm/station/in`);
  await vi.waitFor(() => expect(count('mqtt.oversized')).toBeGreaterThan(0));
  server.close();
});

test('addresses with anything unusual in their topics are none', async () => {
  await using transport = await mqttTransport();
  const paths = [
    'in',
    '/in',
    'a/in',
    'a/#/in',
    'a/+/in',
    '$SYS/x/in',
    'a/../in',
    'a/b%00/in',
    'a/b/out',
    `a/${'x'.repeat(65)}/in`,
  ];
  const others = ['a/device/in', `${'a/'.repeat(9)}x/in`, 'a/b/in?x', 'a/b/in#x', 'a//in', 'a/device/x/up'];
  for (const path of [...paths, ...others]) {
    const address = `mqtt://127.0.0.1/${path}` as Address;
    await expect(transport.listen(address), address).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  }
  const withUser = 'mqtt://user:secret@127.0.0.1/a/b/in';
  await expect(transport.dial(withUser)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
});

import mqtt from 'mqtt';
import { expect, test, vi } from 'vitest';
import { utf8 } from '../../../../src/core/bytes.js';
import { WaypostError } from '../../../../src/core/errors.js';
import { createScheduler } from '../../../../src/core/scheduler.js';
import type { Arrival, Channel, Listener } from '../../../../src/transport/transport.js';
import type { BrokerLimits } from '../../../../transports/mqtt/broker/limits.js';
import { hashPassword, isPassword, isPasswordHash } from '../../../../transports/mqtt/broker/password.js';
import { within } from '../../../conformance/within.js';
import { countingLogger } from '../../../support/counting-logger.js';
import { rawClient } from '../../../support/mqtt-raw.js';
import { mqttTransport } from '../../../support/mqtt-transport.js';

const INBOX = 'didcomm/gateway/in';
const DEVICES = 'plant/device/+/up';
const passwordHash = await hashPassword('correct horse');
const users = [
  { name: 'logger-7', passwordHash, publish: ['plant/device/%u/up'], subscribe: ['plant/device/%u/down'] },
  { name: 'phone', passwordHash, publish: [INBOX, 'notes/#'], subscribe: ['didcomm/%c/back', 'notes/+'] },
  { name: '+', passwordHash, publish: ['plant/device/%u/up'], subscribe: ['plant/device/%u/down'] },
];
const login = (username: string, clientId = `${username}-1`) => ({
  protocolVersion: 4 as const,
  username,
  password: 'correct horse',
  clientId,
});

async function open(limits: Partial<BrokerLimits> = {}) {
  const scheduler = createScheduler();
  const waits: number[] = [];
  const after: typeof scheduler.after = (ms, run) => {
    waits.push(ms);
    return scheduler.after(ms, run);
  };
  const { logger, count } = countingLogger();
  const transport = await mqttTransport({ logger, scheduler: { after }, limits: { offerAgainMs: 20 } });
  const topics = [INBOX, DEVICES];
  const broker = await transport.openBroker({ host: '127.0.0.1', port: 0, topics, users, limits });
  return {
    broker,
    count,
    /** What was put off, in milliseconds. */
    waits,
    async [Symbol.asyncDispose]() {
      await broker[Symbol.asyncDispose]();
      await transport[Symbol.asyncDispose]();
    },
  };
}

async function firstOf<T>(what: string, items: AsyncIterable<T>): Promise<T> {
  const result = await within(what, items[Symbol.asyncIterator]().next());
  if (result.done) throw new Error(`no ${what}`);
  return result.value;
}

async function firstArrival(listener: Listener): Promise<{ channel: Channel; arrival: Arrival }> {
  const channel = await firstOf('channel', listener);
  return { channel, arrival: await firstOf('arrival', channel) };
}

test('a device is answered when its frame was accepted, and not before', async () => {
  await using station = await open();
  await using listener = await station.broker.listen(DEVICES);
  await using device = await rawClient(station.broker.origin, login('logger-7'));
  const answers: string[] = [];
  device.client.on('message', (_topic, payload) => answers.push(String(payload)));
  await device.client.subscribeAsync('plant/device/logger-7/down', { qos: 1 });
  let isAcknowledged = false;
  const publishing = device.publish('plant/device/logger-7/up', utf8('21.5')).then(() => {
    isAcknowledged = true;
  });
  const { channel, arrival } = await firstArrival(listener);
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(isAcknowledged).toBe(false);
  expect([String(Buffer.from(arrival.bytes)), arrival.mediaType]).toEqual(['21.5', undefined]);
  await arrival.refuse(new WaypostError('ERR_STORE_FULL', 'for this test', { retryable: true }));
  const again = await firstOf('arrival', channel);
  expect(isAcknowledged).toBe(false);
  await again.accept(utf8('stored'));
  await within('the acknowledgement', publishing);
  await vi.waitFor(() => expect(answers).toEqual(['stored']));
});

test('a frame whose device was told to keep it does not come again', async () => {
  await using station = await open();
  await using listener = await station.broker.listen(DEVICES);
  await using device = await rawClient(station.broker.origin, login('logger-7'));
  const answers: string[] = [];
  device.client.on('message', (_topic, payload) => answers.push(String(payload)));
  await device.client.subscribeAsync('plant/device/logger-7/down', { qos: 1 });
  const publishing = device.publish('plant/device/logger-7/up', utf8('21.5'));
  const { channel, arrival } = await firstArrival(listener);
  await arrival.refuse(new WaypostError('ERR_STORE_FULL', 'for this test', { retryable: true }), utf8('busy'));
  await within('the acknowledgement', publishing);
  await vi.waitFor(() => expect(answers).toEqual(['busy']));
  void device.publish('plant/device/logger-7/up', utf8('next'));
  expect(String(Buffer.from((await firstOf('arrival', channel)).bytes))).toBe('next');
  expect(station.count('mqtt.refused-for-now')).toBe(0);
});

test('before its station listens, and after, a frame is not acknowledged', async () => {
  await using station = await open();
  const attempt = async () => {
    await using device = await rawClient(station.broker.origin, login('logger-7'));
    return await device.publish('plant/device/logger-7/up', utf8('21.5'));
  };
  expect(await attempt()).toBe(-1);
  const listener = await station.broker.listen(DEVICES);
  await listener[Symbol.asyncDispose]();
  expect(await attempt()).toBe(-1);
  expect(station.count('mqtt-broker.busy')).toBe(2);
});

test('nobody gets in without the right password', async () => {
  await using station = await open();
  const wrong = [
    { username: 'phone', password: 'guess' },
    { username: 'nobody', password: 'correct horse' },
    { username: 'phone' },
    {},
  ];
  for (const credentials of wrong) {
    await expect(rawClient(station.broker.origin, { protocolVersion: 4, ...credentials })).rejects.toThrow();
  }
  expect(station.count('mqtt-broker.login-refused')).toBe(4);
  await using phone = await rawClient(station.broker.origin, login('phone'));
  expect(phone.client.connected).toBe(true);
});

test('nobody does what was not allowed', async () => {
  await using station = await open();
  const publish = async (user: string, topic: string, options = {}) => {
    await using client = await rawClient(station.broker.origin, login(user));
    return await client.publish(topic, 'x', options);
  };
  expect(await publish('phone', 'notes/a')).toBe(0);
  const refused: [string, string][] = [
    ['phone', 'plant/device/logger-7/up'],
    ['logger-7', 'plant/device/logger-8/up'],
    ['logger-7', 'didcomm/gateway/in'],
    ['phone', '$SYS/broker/uptime'],
    ['+', 'plant/device/logger-7/up'],
  ];
  for (const [user, topic] of refused) expect([topic, await publish(user, topic)]).toEqual([topic, -1]);
  expect(station.count('mqtt-broker.publish-refused')).toBe(refused.length);
  await using phone = await rawClient(station.broker.origin, login('phone', 'phone-1'));
  const denied = ['#', '+/+/back', 'didcomm/#', '$SYS/#', 'notes/#', 'didcomm/other/back', 'plant/device/+/down'];
  for (const filter of denied) {
    await expect(phone.client.subscribeAsync(filter, { qos: 1 }), filter).rejects.toThrow();
  }
  expect(station.count('mqtt-broker.subscription-refused')).toBe(denied.length);
  for (const filter of ['notes/+', 'didcomm/phone-1/back']) {
    expect(await phone.client.subscribeAsync(filter, { qos: 1 })).toMatchObject([{ qos: 1 }]);
  }
});

test("a client identifier is its user's while it is connected, and while a session is kept for it", async () => {
  await using station = await open();
  const { origin } = station.broker;
  const phone = await rawClient(origin, { ...login('phone', 'shared'), clean: false });
  await phone.client.subscribeAsync('notes/+', { qos: 1 });
  const take = (clean: boolean) => rawClient(origin, { ...login('logger-7', 'shared'), clean });
  await expect(take(true)).rejects.toMatchObject({ code: 2 });
  expect(phone.client.connected).toBe(true);
  await phone.client.endAsync();
  await using sender = await rawClient(origin, login('phone', 'sender'));
  await sender.publish('notes/a', 'for the phone alone');
  await expect(take(false)).rejects.toMatchObject({ code: 2 });
  await expect(take(true)).rejects.toMatchObject({ code: 2 });
  expect(station.count('mqtt-broker.session-refused')).toBe(3);

  const texts: string[] = [];
  const options = { ...login('phone', 'shared'), clean: false, manualConnect: true };
  const again = mqtt.connect(origin, { ...options, reconnectPeriod: 0 });
  again.on('message', (_topic, payload) => texts.push(String(payload)));
  again.connect();
  await vi.waitFor(() => expect(texts).toEqual(['for the phone alone']));
  await again.endAsync();
  const last = await rawClient(origin, { ...login('phone', 'shared'), clean: true });
  await last.client.endAsync();
  await using other = await take(false); // now it is nobody's
  expect(other.client.connected).toBe(true);
});

test('who does not get in takes no place from those who do', async () => {
  await using station = await open({ maxSessions: 2 });
  const { origin } = station.broker;
  for (let i = 0; i < 4; i++) {
    const stranger = rawClient(origin, { ...login('phone', `stranger-${i}`), password: 'a guess', clean: false });
    await expect(stranger).rejects.toMatchObject({ code: 4 });
  }
  await using phone = await rawClient(origin, { ...login('phone'), clean: false });
  expect(phone.client.connected).toBe(true);
});

test('a last will is a publish like any other', async () => {
  await using station = await open();
  const { origin } = station.broker;
  await using watcher = await rawClient(origin, login('phone', 'watcher'));
  const texts: string[] = [];
  watcher.client.on('message', (_topic, payload) => texts.push(String(payload)));
  await watcher.client.subscribeAsync('notes/+', { qos: 1 });
  for (const [user, topic] of [
    ['logger-7', 'notes/a'],
    ['logger-7', '$SYS/x'],
    ['phone', 'notes/a'],
  ] as const) {
    const dying = await rawClient(origin, {
      ...login(user),
      will: { topic, payload: Buffer.from(user), qos: 1, retain: false },
    });
    dying.client.stream.destroy();
  }
  await vi.waitFor(() => expect(texts).toEqual(['phone']));
  expect(station.count('mqtt-broker.publish-refused')).toBe(2);
});

test('what it keeps has bounds', async () => {
  await using station = await open({
    maxRetained: 2,
    maxSessions: 1,
    maxQueued: 5,
    maxConnectionsPerSource: 4,
    maxPacketBytes: 1000,
  });
  const { origin } = station.broker;
  const retain = async (topic: string, bytes = 10) => {
    await using client = await rawClient(origin, login('phone'));
    return await client.publish(topic, new Uint8Array(bytes), { retain: true });
  };
  expect([await retain('notes/a'), await retain('notes/b'), await retain('notes/c')]).toEqual([0, 0, -1]);
  expect(await retain('notes/a', 0)).toBe(0);
  expect(await retain('notes/c')).toBe(0);
  expect(await retain('notes/big', 2000)).toBe(-1);
  expect(station.count('mqtt-broker.oversized')).toBe(1);

  const away = await rawClient(origin, { ...login('phone', 'away'), clean: false });
  await away.client.subscribeAsync('notes/+', { qos: 1 });
  await away.client.endAsync();
  await expect(rawClient(origin, { ...login('phone', 'another'), clean: false })).rejects.toThrow();
  await using sender = await rawClient(origin, login('phone', 'sender'));
  for (let i = 0; i < 9; i++) await sender.publish('notes/a', `${i}`);
  await vi.waitFor(() => expect(station.count('mqtt-broker.dropped')).toBe(4));

  const others = await Promise.all([1, 2, 3].map((i) => rawClient(origin, login('phone', `phone-${i}`))));
  await expect(rawClient(origin, login('phone', 'one-too-many'))).rejects.toThrow();
  expect(station.count('mqtt-broker.connection-refused')).toBe(1);
  for (const other of others) await other[Symbol.asyncDispose]();
});

test('a client that publishes without pause is read more slowly', async () => {
  await using station = await open({ publishRate: { perSecond: 100, burst: 10 } });
  await using phone = await rawClient(station.broker.origin, login('phone'));
  await Promise.all(Array.from({ length: 40 }, (_, i) => phone.publish('notes/a', `${i}`)));
  expect(station.waits.filter((ms) => ms > 0 && ms <= 400).length).toBeGreaterThanOrEqual(20);
});

test('passwords', async () => {
  expect(isPasswordHash(passwordHash)).toBe(true);
  expect(await isPassword(utf8('correct horse'), passwordHash)).toBe(true);
  expect(await isPassword(utf8('wrong'), passwordHash)).toBe(false);
  expect(await hashPassword('correct horse')).not.toBe(passwordHash);
  for (const bad of [
    '',
    'correct horse',
    passwordHash.replace('16384', '999999'),
    passwordHash.replace(':8:', ':99:'),
  ]) {
    expect(isPasswordHash(bad)).toBe(false);
    expect(await isPassword(utf8(''), bad)).toBe(false);
  }
});

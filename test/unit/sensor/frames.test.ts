import { describe, expect, test } from 'vitest';
import { createNodePrimitives } from '../../../src/crypto/node.js';
import { createJournal } from '../../../src/sensor/journal.js';
import { cbor, PURPOSE, pack, SensorDevice } from '../../support/sensor-device.js';
import { linePeer, openSensorHub } from '../../support/sensor-hub.js';

const STORED = 0;
const T1 = new SensorDevice('t1');

describe('a frame of a device', () => {
  test.each(['hmac-256-64', 'hmac-256-256', 'eddsa', 'es256'] as const)(
    'with %s is stored and answered',
    async (kind) => {
      const hub = openSensorHub();
      const device = new SensorDevice('cold-7', kind);
      await hub.register(device, { location: 'https://id.gs1.org/414/9521321000010/254/7' });
      const bytes = device.frame(1, 0, pack('t', 21.5, -10));
      expect(await hub.answerTo(device, bytes)).toBe(STORED);
      const [frame] = hub.witness.frames;
      expect(frame).toMatchObject({
        deviceId: 'cold-7',
        epoch: 1,
        counter: 0,
        attestedBy: 'device',
        timeFrom: 'gateway',
        clockQuality: 'ntp',
        location: 'https://id.gs1.org/414/9521321000010/254/7',
        readings: [{ name: 't', value: 21.5, timeMs: hub.clock.nowMs() - 10_000 }],
      });
      expect(Buffer.from(frame?.content ?? []).equals(bytes)).toBe(true);
      expect(Buffer.from(frame?.externalAad ?? [])).toEqual(cbor(['waypost-sensor', 0, Buffer.alloc(0)]));
      expect(hub.sensors.status()).toEqual({
        frames: { stored: 1, repeated: 0, granted: 0, reported: 0 },
        refused: {},
      });
    },
  );

  test('has no more than 40 bytes, and neither has its answer', async () => {
    const hub = openSensorHub();
    await hub.register(T1, { baseName: 'urn:dev:mac:0024befffe804ff1:', baseUnit: 'Cel' });
    const bytes = T1.frame(
      3,
      1000,
      cbor([
        new Map<number, number | string>([
          [0, 't'],
          [2, 21],
          [6, -9],
        ]),
      ]),
    );
    expect(bytes.length).toBeLessThanOrEqual(40);
    const { reply } = await hub.send(bytes);
    expect(reply?.length).toBeLessThanOrEqual(40);
    expect(hub.witness.frames[0]?.readings).toEqual([
      { name: 'urn:dev:mac:0024befffe804ff1:t', unit: 'Cel', value: 21, timeMs: hub.clock.nowMs() - 9000 },
    ]);
  });

  test('that is sent again is answered again, and stored once', async () => {
    const hub = openSensorHub();
    await hub.register(T1);
    const bytes = T1.frame(1, 5, pack('t', 1));
    expect(await hub.answerTo(T1, bytes)).toBe(STORED);
    hub.restart();
    hub.clock.advance(60_000);
    expect(await hub.answerTo(T1, bytes)).toBe(STORED);
    expect(hub.witness.frames).toHaveLength(1);
    expect(hub.sensors.status().frames).toMatchObject({ stored: 0, repeated: 1 });
  });

  test('that is signed again, with another signature, is still the same', async () => {
    const hub = openSensorHub();
    const device = new SensorDevice('s', 'es256');
    await hub.register(device);
    expect(await hub.answerTo(device, device.frame(1, 5, pack('t', 1)))).toBe(STORED);
    expect(await hub.answerTo(device, device.frame(1, 5, pack('t', 1)))).toBe(STORED);
    expect(hub.witness.frames).toHaveLength(1);
  });

  test('is taken in any order within the window, and below it never', async () => {
    const hub = openSensorHub();
    await hub.register(T1);
    for (const counter of [40, 9, 39, 20])
      expect(await hub.answerTo(T1, T1.frame(1, counter, pack('t', counter)))).toBe(STORED);
    const late = await hub.send(T1.frame(1, 8, pack('t', 8)));
    expect(late.code).toBe('ERR_FRAME_TOO_OLD');
    expect(T1.open(late.reply)).toEqual([PURPOSE.answer, 2]);
    expect(hub.witness.frames.map(({ counter }) => counter)).toEqual([40, 9, 39, 20]);
  });

  test('with the number of another is refused', async () => {
    const hub = openSensorHub();
    await hub.register(T1);
    await hub.send(T1.frame(1, 5, pack('t', 1)));
    const other = await hub.send(T1.frame(1, 5, pack('t', 2)));
    expect(other.code).toBe('ERR_FRAME_REPLAYED');
    expect(T1.open(other.reply)).toEqual([PURPOSE.answer, 4]);
    expect(hub.sensors.status().refused).toEqual({ ERR_FRAME_REPLAYED: 1 });
  });

  test('of a closed epoch is refused', async () => {
    const hub = openSensorHub();
    await hub.register(T1);
    await hub.send(T1.frame(1, 5, pack('t', 1)));
    await hub.send(T1.frame(2, 0, pack('t', 2)));
    const old = await hub.send(T1.frame(1, 6, pack('t', 3)));
    expect(old.code).toBe('ERR_FRAME_EPOCH');
    expect(T1.open(old.reply)).toEqual([PURPOSE.answer, 3]);
    hub.restart();
    // What was stored of it before is still known: its answer was lost over the boot.
    expect(await hub.answerTo(T1, T1.frame(1, 5, pack('t', 1)))).toBe(STORED);
    expect(hub.witness.frames).toHaveLength(2);
  });

  test('keeps the time that the device gave', async () => {
    const hub = openSensorHub();
    await hub.register(T1);
    await hub.send(T1.frame(1, 0, pack('t', 1, 1_767_225_600.5)));
    expect(hub.witness.frames[0]).toMatchObject({ timeFrom: 'device', readings: [{ timeMs: 1_767_225_600_500 }] });
  });

  test('may be SenML in JSON', async () => {
    const hub = openSensorHub();
    await hub.register(T1);
    const json = Buffer.from(
      JSON.stringify([
        { bn: 'a:', n: 't', u: 'Cel', v: 4 },
        { n: 'open', vb: true },
      ]),
    );
    expect(await hub.answerTo(T1, T1.frame(1, 0, json, { contentType: 110 }))).toBe(STORED);
    expect(hub.witness.frames[0]?.readings.map(({ name, value }) => [name, value])).toEqual([
      ['a:t', 4],
      ['a:open', true],
    ]);
  });
});

describe('refused without an answer, and nothing stored', () => {
  const cases: readonly [string, string, (device: SensorDevice) => Buffer][] = [
    ['a device that nobody registered', 'ERR_DEVICE_UNKNOWN', () => new SensorDevice('t2').frame(1, 0, pack('t', 1))],
    [
      'a forged MAC',
      'ERR_FRAME_FORGED',
      (d) => {
        const bytes = d.frame(1, 0, pack('t', 1));
        bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
        return bytes;
      },
    ],
    [
      'a changed reading',
      'ERR_FRAME_FORGED',
      (d) => {
        const bytes = d.frame(1, 0, pack('t', 1));
        bytes[bytes.length - 10] = 2;
        return bytes;
      },
    ],
    [
      'another key',
      'ERR_FRAME_FORGED',
      () => new SensorDevice('t1', 'hmac-256-64', Buffer.alloc(32, 1)).frame(1, 0, pack('t', 1)),
    ],
    ['another algorithm', 'ERR_FRAME_FORGED', () => new SensorDevice('t1', 'hmac-256-256').frame(1, 0, pack('t', 1))],
    ['an answer as a frame', 'ERR_FRAME_FORGED', (d) => d.frame(1, 0, pack('t', 1), { purpose: PURPOSE.answer })],
    [
      'a nonce that was not granted',
      'ERR_FRAME_FORGED',
      (d) => d.frame(1, 0, pack('t', 1), { nonce: Buffer.alloc(8) }),
    ],
    ['a cut frame', 'ERR_CBOR_MALFORMED', (d) => d.frame(1, 0, pack('t', 1)).subarray(0, 20)],
    ['bytes behind a frame', 'ERR_CBOR_MALFORMED', (d) => Buffer.concat([d.frame(1, 0, pack('t', 1)), Buffer.of(0)])],
    ['a frame that is too long', 'ERR_TOO_LARGE', (d) => d.frame(1, 0, Buffer.alloc(9000))],
    [
      'a SenML pack of a device that must prove itself',
      'ERR_FRAME_FORGED',
      () => Buffer.from('[{"bn":"t1:","n":"t","v":1}]'),
    ],
  ];
  test.each(cases)('%s', async (_, code, make) => {
    const hub = openSensorHub();
    await hub.register(T1);
    expect(await hub.send(make(T1))).toEqual({ code, reply: undefined });
    expect(hub.witness.frames).toEqual([]);
    expect(hub.sensors.status().refused).toEqual({ [code]: 1 });
    expect(await hub.store.get('sensor.states', 't1')).toBeUndefined();
  });
});

test('an authentic frame with nonsense in it is refused with an answer, and its number stays free', async () => {
  const hub = openSensorHub();
  await hub.register(T1);
  const settled = await hub.send(T1.frame(1, 0, cbor([new Map([[0, 't']])])));
  expect(settled.code).toBe('ERR_FRAME_MALFORMED');
  expect(T1.open(settled.reply)).toEqual([PURPOSE.answer, 5]);
  expect(await hub.answerTo(T1, T1.frame(1, 0, pack('t', 1)))).toBe(STORED);
});

describe('a device without memory', () => {
  test('asks for an epoch, and frames of it carry its nonce', async () => {
    const hub = openSensorHub();
    const device = new SensorDevice('t1');
    await hub.register(device);
    const challenge = Buffer.from('12345678');
    const [purpose, epoch, nonce, timeS] =
      device.open((await hub.send(device.hello(challenge))).reply, challenge) ?? [];
    expect([purpose, epoch, timeS]).toEqual([PURPOSE.grant, 0, hub.clock.nowMs() / 1000]);
    device.nonce = nonce as Buffer;
    hub.restart();
    expect(await hub.answerTo(device, device.frame(0, 0, pack('t', 1)))).toBe(STORED);
    expect((await hub.send(device.frame(0, 1, pack('t', 1), { nonce: Buffer.alloc(0) }))).code).toBe(
      'ERR_FRAME_FORGED',
    );
  });

  test('and a recorded hello changes nothing', async () => {
    const hub = openSensorHub();
    const device = new SensorDevice('t1');
    await hub.register(device);
    const hellos = Array.from({ length: 4 }, (_, i) => device.hello(Buffer.from(`boot000${i}`)));
    for (const hello of hellos) await hub.send(hello);
    const before = await hub.store.get('sensor.states', 't1');
    const [, epoch, nonce] =
      device.open((await hub.send(hellos[1] ?? Buffer.of())).reply, Buffer.from('boot0001')) ?? [];
    expect(epoch).toBe(1);
    expect(await hub.store.get('sensor.states', 't1')).toEqual(before);
    device.nonce = nonce as Buffer;
    expect(await hub.answerTo(device, device.frame(1, 0, pack('t', 1)))).toBe(STORED);
    // Not even many that were forgotten take the epoch away that frames come in.
    for (let i = 0; i < 20; i++) await hub.send(device.hello(Buffer.from(`flood00${String.fromCharCode(65 + i)}`)));
    expect(await hub.answerTo(device, device.frame(1, 1, pack('t', 2)))).toBe(STORED);
    expect((await hub.store.get('sensor.states', 't1'))?.length).toBeLessThan(2048);
  });
});

describe('commands', () => {
  test('go with answers until the device reports on them', async () => {
    const hub = openSensorHub();
    await hub.register(T1);
    expect(await hub.sensors.command('t1', { kind: 'set-interval', seconds: 60 })).toBe(1);
    expect(await hub.sensors.command('t1', { kind: 'ping' })).toBe(2);
    hub.restart();
    const send = async (bytes: Buffer) => T1.open((await hub.send(bytes)).reply);
    expect(await send(T1.frame(1, 0, pack('t', 1)))).toEqual([PURPOSE.answer, 0, 0, [1, 2, 60]]);
    expect(await send(T1.frame(1, 1, pack('t', 1)))).toEqual([PURPOSE.answer, 0, 0, [1, 2, 60]]);
    const report = T1.frame(1, 2, cbor([1, 0]), { contentType: 60 });
    expect(await send(report)).toEqual([PURPOSE.answer, 0, 0, [2, 1]]);
    expect(await send(T1.frame(1, 3, cbor([2, 2]), { contentType: 60 }))).toEqual([PURPOSE.answer, 0]);
    // What it said of a command stays, and nothing that it says of others takes its place.
    expect(await send(T1.frame(1, 4, cbor([1, 1]), { contentType: 60 }))).toEqual([PURPOSE.answer, 0]);
    hub.restart();
    const lastReport = { number: 2, command: 'ping', outcome: 'failed' };
    expect(await hub.sensors.devices.list({ limit: 10 })).toMatchObject([{ id: 't1', commands: 0, lastReport }]);
  });

  test('are pushed to a device that is connected, and wait when it is gone', async () => {
    const hub = openSensorHub();
    await hub.register(T1);
    const peer = linePeer();
    await hub.send(T1.frame(1, 0, pack('t', 1)), peer);
    await hub.sensors.command('t1', { kind: 'ping' });
    expect(peer.sent.map((bytes) => T1.open(bytes))).toEqual([[PURPOSE.command, [1, 1]]]);
    // Somebody else who repeats a frame does not draw them to where they are.
    const thief = linePeer();
    await hub.send(T1.frame(1, 0, pack('t', 1)), thief);
    await hub.send(T1.frame(1, 1, cbor([1, 0]), { contentType: 60 }), peer);
    await hub.send(T1.frame(1, 0, pack('t', 1)), thief);
    await hub.sensors.command('t1', { kind: 'ping' });
    expect([peer.sent.length, thief.sent.length]).toEqual([2, 0]);
    await hub.send(T1.frame(1, 2, cbor([2, 0]), { contentType: 60 }), peer);
    peer.close();
    await hub.sensors.command('t1', { kind: 'ping' });
    expect(peer.sent).toHaveLength(2);
  });

  test('are refused for plain and unknown devices, and beyond a limit', async () => {
    const hub = openSensorHub();
    await hub.sensors.devices.add({ id: 'p', authentication: 'plain' });
    await hub.register(T1);
    await expect(hub.sensors.command('p', { kind: 'ping' })).rejects.toMatchObject({ code: 'ERR_NOT_ALLOWED' });
    await expect(hub.sensors.command('x', { kind: 'ping' })).rejects.toMatchObject({ code: 'ERR_DEVICE_UNKNOWN' });
    await expect(hub.sensors.command('t1', { kind: 'set-interval', seconds: 0 })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
    });
    for (let i = 0; i < 8; i++) await hub.sensors.command('t1', { kind: 'ping' });
    await expect(hub.sensors.command('t1', { kind: 'ping' })).rejects.toMatchObject({ code: 'ERR_QUOTA_RECIPIENT' });
  });
});

describe('a plain device', () => {
  test('is known by its base name, and only the gateway attests what it says', async () => {
    const hub = openSensorHub();
    await hub.sensors.devices.add({ id: 'urn:dev:mac:0024befffe804ff1', authentication: 'plain', baseUnit: 'Cel' });
    const bytes = Buffer.from('[{"bn":"urn:dev:mac:0024befffe804ff1:","n":"t","v":4}]');
    expect(await hub.send(bytes)).toEqual({ code: undefined, reply: undefined });
    expect(await hub.send(bytes)).toEqual({ code: undefined, reply: undefined });
    expect(hub.witness.frames.map(({ attestedBy, counter }) => [attestedBy, counter])).toEqual([
      ['gateway', 0],
      ['gateway', 1],
    ]);
    expect(hub.witness.frames[0]?.readings[0]).toMatchObject({ unit: 'Cel' });
  });

  test('or by the way that it comes', async () => {
    const hub = openSensorHub();
    await hub.sensors.devices.add({ id: 'p', authentication: 'plain' });
    const peer = { ...linePeer(), deviceId: 'p' };
    expect((await hub.send(pack('t', 4), peer, 'application/senml+cbor')).code).toBeUndefined();
    expect((await hub.send(pack('t', 4), linePeer(), 'application/senml+cbor')).code).toBe('ERR_FRAME_MALFORMED');
  });
});

test('a full store: the device is told to keep its readings, and sends them again', async () => {
  // The outlet of a gateway that was not told what to make of readings.
  const outlets = [createJournal(createNodePrimitives())];
  const full = openSensorHub({ storeLimits: { perDestination: { messages: 1, bytes: 1e6 } }, outlets });
  await full.register(T1);
  expect(await full.answerTo(T1, T1.frame(1, 0, pack('t', 1)))).toBe(STORED);
  const second = T1.frame(1, 1, pack('t', 2));
  const settled = await full.send(second);
  expect(settled.code).toBe('ERR_QUOTA_RECIPIENT');
  expect(T1.open(settled.reply)).toEqual([PURPOSE.answer, 1, 5]);
  await full.store.purge('sensor:t1');
  expect(await full.answerTo(T1, second)).toBe(STORED);
  const [kept] = await full.store.list({ destinations: ['sensor:t1'], limitMessages: 10 });
  expect(JSON.parse(Buffer.from(kept?.content ?? []).toString())).toMatchObject({
    deviceId: 't1',
    counter: 1,
    readings: [{ name: 't', value: 2 }],
  });
});

test('floods are cut off: of a place before anything is verified, of a device with an answer', async () => {
  const slow = { perSecond: 1, burst: 2 };
  const places = openSensorHub({ limits: { perSource: slow } });
  await places.register(T1);
  for (let i = 0; i < 2; i++) await places.send(T1.frame(1, i, pack('t', i)));
  expect(await places.send(T1.frame(1, 2, pack('t', 2)))).toEqual({ code: 'ERR_RATE_LIMIT', reply: undefined });

  const devices = openSensorHub({ limits: { perDevice: slow } });
  await devices.register(T1);
  const frames = [0, 1, 2].map((i) => T1.frame(1, i, pack('t', i)));
  for (const frame of frames) await devices.send(frame);
  // What was taken before costs nothing: whoever recorded it cannot use up what the device may send.
  for (let i = 0; i < 10; i++) expect(await devices.answerTo(T1, frames[0] ?? Buffer.of())).toBe(STORED);
  const settled = await devices.send(frames[2] ?? Buffer.of());
  expect(settled.code).toBe('ERR_RATE_LIMIT');
  expect(T1.open(settled.reply)).toEqual([PURPOSE.answer, 1, 1]);
  devices.clock.advance(1000);
  expect(await devices.answerTo(T1, frames[2] ?? Buffer.of())).toBe(STORED);
});

import { createPublicKey, generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { DeviceKey } from '../../../firmware-sim/sensor/cose.js';
import { WaypostError } from '../../../src/core/errors.js';
import { toNewDevice } from '../../../src/sensor/device.js';
import type { DeviceFrame } from '../../../src/sensor/reading.js';
import { type HubOptions, openSensorHub, Witness } from '../../support/sensor-hub.js';
import { SECRET, type TestSensorOptions, testSensor } from '../../support/simulated-sensor.js';

/*
 * Simulated sensors and the gateway's side of docs/sensors.md, without a medium.
 */

const START_MS = Date.UTC(2026, 0, 1);

/** A sensor that is registered, and a way to let the two talk until there is nothing to say. */
async function open(options: TestSensorOptions = {}, hubOptions: HubOptions = {}) {
  const hub = openSensorHub(hubOptions);
  const timeMs = (): number => hub.clock.monotonicMs();
  const tested = testSensor({ monotonicMs: timeMs, ...options });
  const key = Buffer.from(SECRET).toString('base64url');
  await hub.sensors.devices.add(toNewDevice({ id: 't1', key }));
  return {
    hub,
    ...tested,
    /** `onItsWay` sees what is sent and decides whether it, and then its answer, arrives. */
    async talk(onItsWay: (message: Uint8Array) => { up: boolean; down: boolean } = () => ({ up: true, down: true })) {
      for (let turns = 0; turns < 1000; turns++) {
        const { message } = tested.sensor.turn(timeMs());
        if (message === undefined) return;
        const { up, down } = onItsWay(message);
        const settled = up ? await hub.send(message) : undefined;
        if (down && settled?.reply !== undefined) tested.sensor.receive(settled.reply, timeMs());
      }
      throw new Error('they talk without end');
    },
    stored: () => hub.witness.frames.map(({ contentHash }) => Buffer.from(contentHash).toString('base64url')),
    values: () => hub.witness.frames.flatMap(({ readings }) => readings.map(({ value }) => value)),
  };
}

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n);

describe('a simulated sensor', () => {
  test('forgets what the gateway has stored, which has the same hash at both', async () => {
    const { measure, talk, sensor, journal, stored, values } = await open();
    measure(25);
    await talk();
    expect(sensor.isDone).toBe(true);
    expect(values()).toEqual(upTo(25));
    expect(journal.acknowledged.map(({ hash }) => hash)).toEqual(stored());
    expect(journal.acknowledged.map(({ counter, readings }) => [counter, readings])).toEqual([
      [0, 10],
      [1, 10],
      [2, 5],
    ]);
  });

  test('says when something was measured, on a clock that may be wrong or on none', async () => {
    const timeS = START_MS / 1000;
    const right = await open({ timeS });
    right.measure(1);
    right.hub.clock.advance(100_250);
    right.measure(1);
    await right.talk();
    const [frame] = right.hub.witness.frames;
    expect(frame?.timeFrom).toBe('device');
    expect(frame?.readings.map(({ timeMs, unit }) => [timeMs - START_MS, unit])).toEqual([
      [0, 'Cel'],
      [100_250, 'Cel'],
    ]);

    const without = await open();
    without.measure(1);
    without.hub.clock.advance(9000);
    await without.talk();
    const [resolved] = without.hub.witness.frames;
    expect(resolved?.timeFrom).toBe('gateway');
    expect(resolved?.readings.map(({ timeMs }) => timeMs)).toEqual([without.hub.clock.nowMs() - 9000]);
  });

  test('sends the same bytes again until it hears the answer, and waits longer each time', async () => {
    const { measure, talk, hub, of, values } = await open({ retryMs: 100 });
    measure(1);
    let lost = 0;
    const seen = new Set<string>();
    const lossy = (message: Uint8Array) => {
      seen.add(Buffer.from(message).toString('hex'));
      lost++;
      return { up: lost > 1, down: lost > 3 };
    };
    for (const waitMs of [0, 100, 200, 400]) {
      hub.clock.advance(waitMs - 1);
      await talk(lossy);
      hub.clock.advance(1);
      await talk(lossy);
    }
    expect(lost).toBe(4);
    expect(seen.size).toBe(1);
    expect(values()).toEqual([0]);
    expect(of('acknowledged')).toHaveLength(1);
    expect(hub.sensors.status().frames).toMatchObject({ stored: 1, repeated: 2 });
  });

  test('with flash goes on after a reboot: what was unanswered first and unchanged, then another epoch', async () => {
    const { measure, talk, sensor, hub, journal, values, stored } = await open();
    measure(15);
    await talk(() => ({ up: true, down: false }));
    sensor.reboot();
    measure(1);
    sensor.connected(hub.clock.monotonicMs());
    await talk();
    expect(values()).toEqual(upTo(16));
    expect(journal.acknowledged.map(({ epoch, counter }) => `${epoch}.${counter}`)).toEqual(['1.0', '2.0']);
    expect(journal.acknowledged.map(({ hash }) => hash)).toEqual(stored());
    expect(journal).toMatchObject({ taken: 16, lost: 0, dissolved: 0, readings: 16 });
  });

  test('without flash says hello, gets numbers and the time, and has lost what was not stored', async () => {
    const { measure, talk, sensor, hub, journal, values, of } = await open({ hasFlash: false });
    measure(1);
    await talk();
    measure(2);
    sensor.reboot();
    measure(1);
    await talk();
    expect(values()).toEqual([0, 3]);
    expect(journal).toMatchObject({ taken: 4, lost: 2, readings: 2 });
    expect(of('granted')).toEqual([{ event: 'granted', epoch: 2, timeS: Math.floor(hub.clock.nowMs() / 1000) }]);
    expect(hub.witness.frames.map(({ timeFrom }) => timeFrom)).toEqual(['gateway', 'device']);
  });

  test('asks again when the gateway was restored from a backup that does not know the epoch', async () => {
    const { measure, talk, sensor, hub, values, of } = await open({ hasFlash: false, retryMs: 1 });
    sensor.reboot();
    await talk();
    measure(1);
    const key = Buffer.from(SECRET).toString('base64url');
    await hub.sensors.devices.remove('t1');
    await hub.sensors.devices.add(toNewDevice({ id: 't1', key }));
    for (let tries = 0; tries < 20; tries++) {
      await talk();
      hub.clock.advance(60_000);
    }
    expect(sensor.isDone).toBe(true);
    expect(values()).toEqual([0]);
    expect(of('granted')).toHaveLength(2);
  });

  test('whose flash is older than the gateway knows begins a new epoch with the same readings', async () => {
    const { measure, talk, hub, values, journal, sensor } = await open({ firstEpoch: 5 });
    measure(1);
    await talk();
    const copy = testSensor({ firstEpoch: 4 });
    copy.measure(2);
    for (let turns = 0; turns < 10; turns++) {
      const { message } = copy.sensor.turn(hub.clock.monotonicMs());
      const reply = message && (await hub.send(message)).reply;
      if (reply !== undefined) copy.sensor.receive(reply, hub.clock.monotonicMs());
    }
    expect(values()).toEqual([0, 0, 1]);
    expect(copy.journal).toMatchObject({ dissolved: 1, lost: 0, readings: 2 });
    expect(copy.journal.acknowledged.map(({ epoch }) => epoch)).toEqual([6]);
    expect([journal.readings, sensor.isDone]).toEqual([1, true]);
  });

  test('has no more numbers under way than its window and that of the gateway allow', async () => {
    const { measure, talk, sensor, hub, values, journal } = await open({ window: 32, frameReadings: 1, retryMs: 1000 });
    measure(1);
    await talk();
    measure(100);
    let sent = 0;
    // The oldest of them never arrives: the others wait for it.
    await talk(() => ({ up: ++sent !== 1, down: true }));
    expect(sent).toBe(32);
    expect(sensor.ring.outstanding).toHaveLength(1);
    hub.clock.advance(1000);
    await talk();
    expect(values()).toHaveLength(101);
    expect(journal).toMatchObject({ lost: 0, readings: 101 });
    expect(hub.sensors.status().refused).toEqual({});
  });

  test('keeps its readings while the gateway is full, and the newest of them when it is full itself', async () => {
    const witness = new Witness();
    let isFull = true;
    const operations = async () => {
      if (isFull) throw new WaypostError('ERR_STORE_FULL', 'there is no room', { retryable: true });
      return [];
    };
    const outlets = [{ operations, stored: (frame: DeviceFrame) => witness.stored(frame) }];
    const { measure, talk, hub, journal, of, sensor } = await open({ capacity: 20 }, { outlets });
    measure(1);
    await talk();
    expect(of('busy')).toEqual([{ event: 'busy', frame: '1.0', retryInMs: 5000 }]);
    measure(29);
    expect(sensor.ring.size).toBe(20);
    isFull = false;
    hub.clock.advance(5000);
    await talk();
    const values = witness.frames.flatMap(({ readings }) => readings.map(({ value }) => value));
    expect(values).toEqual([0, ...upTo(30).slice(11)]);
    expect(journal).toMatchObject({ taken: 30, lost: 10, readings: 20 });
  });

  test('does what the gateway wants, once, and says so', async () => {
    const { measure, talk, hub, sensor, of } = await open({ window: 4 });
    await hub.sensors.command('t1', { kind: 'set-interval', seconds: 60 });
    await hub.sensors.command('t1', { kind: 'ping' });
    measure(1);
    await talk();
    measure(1);
    await talk();
    expect(sensor.intervalS).toBe(60);
    expect(of('command').map(({ number, what }) => [number, what])).toEqual([
      [1, 'set-interval'],
      [2, 'ping'],
    ]);
    expect(hub.sensors.status().frames).toMatchObject({ stored: 2, reported: 2 });
    expect((await hub.sensors.devices.list({ limit: 1 }))[0]?.commands).toBe(0);
    expect(sensor.isDone).toBe(true);
  });

  test.each(['eddsa', 'es256'] as const)('that signs (%s) believes only what the gateway signed', async (kind) => {
    const pair = kind === 'eddsa' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { kty, crv, x, y } = pair.publicKey.export({ format: 'jwk' });
    const hub = openSensorHub();
    const wanted = { id: 't1', authentication: kind, key: { kty, crv, x, ...(y === undefined ? {} : { y }) } };
    const { answerKey } = await hub.sensors.devices.add(toNewDevice(wanted));
    const gatewayKey = createPublicKey({ key: answerKey as unknown as JsonWebKey, format: 'jwk' });
    const keys = { authentication: kind, privateKey: pair.privateKey };
    for (const [trusted, isDone] of [
      [pair.publicKey, false],
      [gatewayKey, true],
    ] as const) {
      const key: DeviceKey = { ...keys, gatewayKey: trusted };
      const { sensor, measure, of } = testSensor({ key, firstEpoch: isDone ? 2 : 1 });
      measure(1);
      const { reply } = await hub.send(sensor.turn(0).message ?? new Uint8Array());
      sensor.receive(reply ?? new Uint8Array(), 0);
      expect(of('unproven')).toHaveLength(isDone ? 0 : 1);
      expect(sensor.isDone).toBe(isDone);
    }
  });
});

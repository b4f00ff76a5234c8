import { describe, expect, test } from 'vitest';
import { WaypostError } from '../../../src/core/errors.js';
import { createNodePrimitives } from '../../../src/crypto/node.js';
import { createDevice, toNewDevice } from '../../../src/sensor/device.js';
import type { DeviceFrame, Outlet } from '../../../src/sensor/reading.js';
import type { Operation } from '../../../src/store/message-store.js';
import { pack, SensorDevice } from '../../support/sensor-device.js';
import { openSensorHub } from '../../support/sensor-hub.js';

const primitives = createNodePrimitives();
const STORED = 0;
const BUSY = 1;

describe('the registry', () => {
  test('makes a key only where none is given, and tells it once', async () => {
    const { devices } = openSensorHub().sensors;
    const made = await devices.add({ id: 'a' });
    expect(Buffer.from(made.madeKey ?? '', 'base64url')).toHaveLength(32);
    const given = await devices.add(toNewDevice(new SensorDevice('b').registration));
    expect(given.madeKey).toBeNull();
    expect(JSON.stringify(await devices.list({ limit: 10 }))).not.toContain(made.madeKey);
    await expect(devices.add({ id: 'a' })).rejects.toMatchObject({ code: 'ERR_DEVICE_EXISTS' });
  });

  test('tells the public part of the key that answers are signed with', async () => {
    const { devices } = openSensorHub().sensors;
    const signing = await devices.add(toNewDevice(new SensorDevice('s', 'eddsa').registration));
    expect(signing.answerKey).toEqual({ kty: 'OKP', crv: 'Ed25519', x: expect.any(String) });
    expect(signing.madeKey).toBeNull();
  });

  test('rekeyed, a device begins anew, keeps its commands, and its old frames are refused', async () => {
    const hub = openSensorHub();
    const old = new SensorDevice('t1');
    await hub.register(old);
    const recorded = old.frame(5, 7, pack('t', 1));
    expect(await hub.answerTo(old, recorded)).toBe(STORED);
    await hub.sensors.command('t1', { kind: 'ping' });
    const key = Buffer.alloc(32, 9);
    await hub.sensors.devices.rekey('t1', key.toString('hex'));
    expect((await hub.send(recorded)).code).toBe('ERR_FRAME_FORGED');
    const rekeyed = new SensorDevice('t1', 'hmac-256-64', key);
    const { reply } = await hub.send(rekeyed.frame(0, 0, pack('t', 2)));
    expect(rekeyed.open(reply)).toEqual([2, STORED, 0, [1, 1]]);
    await expect(hub.sensors.devices.rekey('t1', key.toString('base64url'))).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
    });
    await expect(hub.sensors.devices.rekey('x', undefined)).rejects.toMatchObject({ code: 'ERR_DEVICE_UNKNOWN' });
  });

  test('pages by id, and forgets', async () => {
    const { devices } = openSensorHub().sensors;
    for (const id of ['c', 'a', 'b']) await devices.add({ id });
    const page = await devices.list({ limit: 2 });
    expect(page.map(({ id }) => id)).toEqual(['a', 'b']);
    expect((await devices.list({ limit: 2, after: 'b' })).map(({ id }) => id)).toEqual(['c']);
    expect(await devices.remove('a')).toBe(true);
    expect(await devices.remove('a')).toBe(false);
    expect((await devices.list({ limit: 9 })).map(({ id }) => id)).toEqual(['b', 'c']);
  });

  const KEY = '00'.repeat(16);
  test.each<[string, unknown, string]>([
    ['no object', 'x', 'ERR_INVALID_ARGUMENT'],
    ['no id', { key: KEY }, 'ERR_INVALID_ARGUMENT'],
    ['an id with a space', { id: 'a b' }, 'ERR_INVALID_ARGUMENT'],
    ['an id that ends in a separator', { id: 'a:' }, 'ERR_INVALID_ARGUMENT'],
    ['an id of 65 characters', { id: 'a'.repeat(65) }, 'ERR_INVALID_ARGUMENT'],
    ['a strange authentication', { id: 'a', authentication: 'none' }, 'ERR_INVALID_ARGUMENT'],
    ['a number for a name', { id: 'a', name: 5 }, 'ERR_INVALID_ARGUMENT'],
    ['a name with a line break', { id: 'a', name: 'x\ny' }, 'ERR_INVALID_ARGUMENT'],
    ['a location that is no URI', { id: 'a', location: 'dock 4' }, 'ERR_INVALID_ARGUMENT'],
    ['a plain device with a key', { id: 'a', authentication: 'plain', key: KEY }, 'ERR_INVALID_ARGUMENT'],
    ['a short key', { id: 'a', key: 'AAAA' }, 'ERR_KEY_INVALID'],
    ['a key that is neither hexadecimal nor base64url', { id: 'a', key: '****' }, 'ERR_KEY_INVALID'],
    ['a signing device without a key', { id: 'a', authentication: 'eddsa' }, 'ERR_INVALID_ARGUMENT'],
    [
      'a key of another curve',
      { id: 'a', authentication: 'eddsa', key: new SensorDevice('a', 'es256').registration.key },
      'ERR_INVALID_ARGUMENT',
    ],
    ['a point off its curve', { id: 'a', authentication: 'es256', key: `04${'01'.repeat(64)}` }, 'ERR_KEY_INVALID'],
  ])('refuses %s', (_, wanted, code) => {
    const add = () => createDevice(primitives, toNewDevice(wanted));
    expect(add).toThrow(expect.objectContaining({ code }));
    expect(add).not.toThrow(KEY);
  });
});

describe('outlets', () => {
  const T1 = new SensorDevice('t1');
  const put = (frame: DeviceFrame): Operation => {
    const { content, contentHash } = frame;
    return { kind: 'put', message: { destination: 'x', depositor: 'x', priority: 'normal', content, contentHash } };
  };

  test('what one makes of a frame is stored with it, or neither is', async () => {
    const said: string[] = [];
    let fails: WaypostError | Error | undefined;
    const outlet: Outlet = {
      async operations(frame) {
        if (fails !== undefined) throw fails;
        return [put(frame)];
      },
      stored: ({ counter }) => said.push(`stored ${counter}`),
    };
    const hub = openSensorHub({ outlets: [outlet] });
    await hub.register(T1);
    const frame = T1.frame(1, 0, pack('t', 1));
    // A defect is no reason to lose readings.
    fails = new Error('a defect');
    expect(await hub.answerTo(T1, frame)).toBe(BUSY);
    fails = new WaypostError('ERR_STORE_FULL', 'full', { retryable: true, retryAfterMs: 30_000 });
    expect(T1.open((await hub.send(frame)).reply)).toEqual([2, BUSY, 30]);
    expect(said).toEqual([]);
    expect((await hub.store.size()).messages).toBe(0);
    fails = undefined;
    expect(await hub.answerTo(T1, frame)).toBe(STORED);
    expect(said).toEqual(['stored 0']);
    expect((await hub.store.size()).messages).toBe(1);
    expect(hub.sensors.status().refused).toEqual({ ERR_INTERNAL: 1, ERR_STORE_FULL: 1 });
  });

  test('frames of one device keep their order although the store is slow, and devices do not wait for each other', async () => {
    let release = (): void => {};
    const slow = new Promise<void>((resolve) => {
      release = resolve;
    });
    const said: string[] = [];
    const outlet: Outlet = {
      async operations({ deviceId, counter }) {
        if (deviceId === 't1' && counter === 0) await slow;
        return [];
      },
      stored: ({ deviceId, counter }) => said.push(`${deviceId} ${counter}`),
    };
    const hub = openSensorHub({ outlets: [outlet] });
    const t2 = new SensorDevice('t2');
    await hub.register(T1);
    await hub.register(t2);
    const first = [0, 1, 2].map((counter) => hub.send(T1.frame(1, counter, pack('t', counter))));
    await hub.send(t2.frame(1, 0, pack('t', 0)));
    expect(said).toEqual(['t2 0']);
    release();
    await Promise.all(first);
    expect(said).toEqual(['t2 0', 't1 0', 't1 1', 't1 2']);
  });
});

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildCommand, errorOf, runCommand, startGateway, testFolder } from '../../support/processes.js';
import { cbor, pack, SensorDevice } from '../../support/sensor-device.js';

let bin: string;
beforeAll(async () => {
  bin = await buildCommand();
});

const KEY = Buffer.from('0123456789abcdef'.repeat(2)).toString('hex');

async function initialised(): Promise<string> {
  const data = path.join(await testFolder(), 'gateway');
  await runCommand(bin, ['init', '--data', data, '--public-url', 'http://127.0.0.1:1']);
  return data;
}

/** The answer to a frame that was posted, as the device verified it; undefined when there is none. */
async function post(url: string, device: SensorDevice, frame: Buffer): Promise<readonly unknown[] | undefined> {
  const headers = { 'content-type': 'application/cose; cose-type="cose-mac0"' };
  const response = await fetch(url, { method: 'POST', headers, body: new Uint8Array(frame) });
  const body = new Uint8Array(await response.arrayBuffer());
  if (body.length > 0 && response.headers.get('content-type') !== 'application/cose') return undefined;
  return device.open(body);
}

describe('device', () => {
  test('registers, lists, rekeys and forgets, also while the gateway runs', async () => {
    const data = await initialised();
    const device = async (...args: string[]) => runCommand(bin, ['device', ...args, '--data', data, '--json']);
    const keyFile = path.join(data, 'key.txt');
    await writeFile(keyFile, `${KEY}\n`);

    const added = await device('add', 't1', '--key-file', keyFile, '--name', 'cold store 7', '--base-unit', 'Cel');
    expect(JSON.parse(added.stdout)).toMatchObject({ id: 't1', authentication: 'hmac-256-64', madeKey: null });
    const made = JSON.parse((await device('add', 't2')).stdout);
    expect(Buffer.from(made.madeKey, 'base64url')).toHaveLength(32);
    const twice = await device('add', 't2');
    expect([twice.code, errorOf(twice).code]).toEqual([1, 'ERR_DEVICE_EXISTS']);

    const gateway = await startGateway(bin, ['--data', data, '--http', '127.0.0.1:0']);
    const t1 = new SensorDevice('t1');
    expect(await post(gateway.http, t1, t1.frame(1, 0, pack('t', 4)))).toEqual([2, 0]);
    const listed = await device('ls');
    expect(JSON.parse(listed.stdout)).toMatchObject([
      { id: 't1', name: 'cold store 7', baseUnit: 'Cel', epoch: 1, counter: 0 },
      { id: 't2', lastReceivedMs: null },
    ]);
    expect(listed.stdout).not.toContain(made.madeKey);
    expect(JSON.parse((await device('set-interval', 't1', '60')).stdout)).toEqual({ number: 1 });
    expect(await post(gateway.http, t1, t1.frame(1, 1, pack('t', 4)))).toEqual([2, 0, 0, [1, 2, 60]]);

    const report = t1.frame(1, 2, cbor([1, 0]), { contentType: 60 });
    expect(await post(gateway.http, t1, report)).toEqual([2, 0]);
    expect((await runCommand(bin, ['device', 'ls', '--data', data])).stdout).toContain('set-interval 60: done');
    await device('set-interval', 't1', '60');

    const status = JSON.parse((await runCommand(bin, ['status', '--data', data, '--json'])).stdout);
    expect(status.sensors.frames).toMatchObject({ stored: 2 });
    const metrics = await (await fetch(`${gateway.admin}/metrics`)).text();
    expect(metrics).toContain('waypost_sensor_frames_total{result="stored"} 2\n');

    expect(errorOf(await device('rekey', 't1', '--key-file', keyFile)).code).toBe('ERR_INVALID_ARGUMENT');
    const rekeyed = JSON.parse((await device('rekey', 't1')).stdout);
    expect(await post(gateway.http, t1, t1.frame(1, 3, pack('t', 4)))).toBeUndefined();
    const again = new SensorDevice('t1', 'hmac-256-64', Buffer.from(rekeyed.madeKey, 'base64url'));
    expect(await post(gateway.http, again, again.frame(0, 0, pack('t', 4)))).toEqual([2, 0, 0, [2, 2, 60]]);

    expect((await device('rm', 't1')).code).toBe(0);
    expect((await device('rm', 't1')).code).toBe(1);
    expect(await post(gateway.http, again, again.frame(0, 1, pack('t', 4)))).toBeUndefined();
    const refused = JSON.parse((await runCommand(bin, ['status', '--data', data, '--json'])).stdout).sensors.refused;
    expect(refused).toEqual({ ERR_FRAME_FORGED: 1, ERR_DEVICE_UNKNOWN: 1 });
  });

  test('one that sends more than the configuration allows is told to wait', async () => {
    const data = await initialised();
    const keyFile = path.join(data, 'key.txt');
    await writeFile(keyFile, KEY);
    await runCommand(bin, ['device', 'add', 't1', '--key-file', keyFile, '--data', data]);
    const env = { WAYPOST_SENSORS_FRAMES_PER_SECOND: '1', WAYPOST_SENSORS_FRAMES_BURST: '2' };
    const gateway = await startGateway(bin, ['--data', data, '--http', '127.0.0.1:0'], { env });
    const t1 = new SensorDevice('t1');
    const answers = [];
    for (let i = 0; i < 6; i++) answers.push(await post(gateway.http, t1, t1.frame(1, i, pack('t', 4))));
    expect(answers.slice(0, 2)).toEqual([
      [2, 0],
      [2, 0],
    ]);
    expect(answers).toContainEqual([2, 1, 1]); // busy: again after a second
  });

  test('import takes the good lines of a file and says what is wrong with the others', async () => {
    const data = await initialised();
    const file = path.join(data, 'devices.csv');
    const jwk = JSON.stringify(new SensorDevice('s', 'es256').registration.key).replaceAll('"', '""');
    const lines = [
      'id,authentication,key,location,name',
      `a1,hmac-256-256,${KEY},https://id.gs1.org/414/9521321000010,"dock, ""north"""`,
      'a2,eddsa,AAAA,,',
      'a3,plain,,,',
      `a4,hmac-256-64,${KEY},no uri,`,
      'a5,hmac-256-64,short,,',
      'a1,,,,',
      'a6,,',
      'a7,"open,,,',
      'a8,,,,',
    ];
    await writeFile(file, lines.join('\r\n'));
    const { code, stdout, stderr } = await runCommand(bin, ['device', 'import', file, '--data', data]);
    expect(code).toBe(1);
    expect(stderr.match(/^line \d+: ERR_\w+/gm)).toEqual([
      'line 3: ERR_KEY_INVALID',
      'line 5: ERR_INVALID_ARGUMENT',
      'line 6: ERR_KEY_INVALID',
      'line 7: ERR_DEVICE_EXISTS',
      'line 8: ERR_CONFIG',
      'line 9: ERR_CONFIG',
    ]);
    expect(stdout).toMatch(/^Registered: 3 of 9 devices\.\n/);
    expect(stderr).not.toContain(KEY);
    await writeFile(file, `[{"id":"s","authentication":"es256","key":${jwk.replaceAll('""', '"')}}]`);
    expect((await runCommand(bin, ['device', 'import', file, '--data', data])).code).toBe(0);
    const listed = JSON.parse((await runCommand(bin, ['device', 'ls', '--data', data, '--json'])).stdout);
    expect(listed.map(({ id, name }: { id: string; name: string }) => [id, name])).toEqual([
      ['a1', 'dock, "north"'],
      ['a3', null],
      ['a8', null],
      ['s', null],
    ]);
    await writeFile(file, 'name,ID\nx,y');
    const wrong = await runCommand(bin, ['device', 'import', file, '--data', data]);
    expect([wrong.code, errorOf(wrong).code]).toEqual([2, 'ERR_CONFIG']);
  });
});

test('kill -9 behind the storing of a frame whose answer never arrived: it is answered when it is sent again, and stored once', async () => {
  const data = await initialised();
  const file = path.join(data, 'devices.json');
  await writeFile(file, JSON.stringify([{ id: 't1', key: KEY }]));
  await runCommand(bin, ['device', 'import', file, '--data', data]);
  const device = new SensorDevice('t1');
  const frame = device.frame(1, 0, pack('t', 4));
  const counts = async (admin: string) => {
    const metrics = await (await fetch(`${admin}/metrics`)).text();
    const of = (result: string) => Number(metrics.match(new RegExp(`{result="${result}"} (\\d+)`))?.[1]);
    return { stored: of('stored'), repeated: of('repeated') };
  };
  const first = await startGateway(bin, ['--data', data, '--http', '127.0.0.1:0']);
  void post(first.http, device, frame).catch(() => undefined); // nobody listens
  await expect.poll(async () => (await counts(first.admin)).stored).toBe(1);
  await first.kill();
  const second = await startGateway(bin, ['--data', data, '--http', '127.0.0.1:0']);
  expect(await post(second.http, device, frame)).toEqual([2, 0]);
  expect(await counts(second.admin)).toEqual({ stored: 0, repeated: 1 });
  const queued = await runCommand(bin, ['queue', 'show', 'sensor:t1', '--data', data, '--json']);
  expect(JSON.parse(queued.stdout)).toHaveLength(1);
});

test('kill -9 in the middle of many: what is sent again is stored once, and nothing answered is missing', async () => {
  const data = await initialised();
  const ids = ['k1', 'k2', 'k3'];
  const file = path.join(data, 'devices.json');
  await writeFile(file, JSON.stringify(ids.map((id) => ({ id, key: KEY }))));
  expect((await runCommand(bin, ['device', 'import', file, '--data', data])).code).toBe(0);
  const devices = ids.map((id) => new SensorDevice(id));
  const outstanding = devices.flatMap((device) =>
    Array.from({ length: 30 }, (_, counter) => ({ device, frame: device.frame(1, counter, pack('t', counter)) })),
  );
  const total = outstanding.length;
  let answered = 0;
  for (let kills = 0; outstanding.length > 0; kills++) {
    expect(kills).toBeLessThan(30);
    const gateway = await startGateway(bin, ['--data', data, '--http', '127.0.0.1:0']);
    // Everything goes out at once, and the power goes with the third answer: what is behind it is stored or not.
    let killing: Promise<void> | undefined;
    const before = answered;
    const sends = [...outstanding].map(async (each) => {
      const answer = await post(gateway.http, each.device, each.frame).catch(() => undefined);
      if (answer?.[1] !== 0) return;
      outstanding.splice(outstanding.indexOf(each), 1);
      answered++;
      if (kills < 3 && answered - before >= 3) killing ??= gateway.kill();
    });
    await Promise.all(sends);
    await (killing ?? gateway.stop());
  }
  expect(answered).toBe(total);
  for (const id of ids) {
    const shown = await runCommand(bin, ['queue', 'show', `sensor:${id}`, '--data', data, '--json']);
    expect(JSON.parse(shown.stdout)).toHaveLength(30);
  }
});

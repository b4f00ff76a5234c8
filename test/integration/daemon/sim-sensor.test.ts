import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { SensorEvent } from '../../../firmware-sim/sensor/events.js';
import { describePackages } from '../../support/bluetooth/describe-packages.js';
import { describeMosquitto } from '../../support/describe-mosquitto.js';
import { startMosquitto } from '../../support/mosquitto.js';
import {
  beginCommand,
  buildCommand,
  errorOf,
  type Finished,
  runCommand,
  startGateway,
  testFolder,
} from '../../support/processes.js';
import { canMakePtys } from '../../support/pty-lines.js';

let bin: string;
beforeAll(async () => {
  bin = await buildCommand();
});

const KEY = '00112233445566778899aabbccddeeff';

/** A gateway's data folder that knows the sensor t1, its key in a file, and a wrong key in another. */
async function registered() {
  const root = await testFolder();
  const [data, key, wrongKey] = [path.join(root, 'gateway'), path.join(root, 't1.key'), path.join(root, 'wrong.key')];
  await writeFile(key, `${KEY}\n`);
  await writeFile(wrongKey, KEY.replace('0', '1'));
  await runCommand(bin, ['init', '--data', data, '--public-url', 'http://127.0.0.1:1']);
  await runCommand(bin, ['device', 'add', 't1', '--key-file', key, '--data', data]);
  return { root, data, key, wrongKey };
}

const sim = (kind: string, key: string, ...more: readonly string[]): readonly string[] => [
  ...['sim', '--device', kind, '--id', 't1', '--key-file', key, '--interval', '0.05', '--json'],
  ...more,
];

function eventsIn({ stdout }: Pick<Finished, 'stdout'>): readonly SensorEvent[] {
  const lines = stdout.split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line));
}

function eventsOf<E extends SensorEvent['event']>(output: Pick<Finished, 'stdout'>, name: E) {
  return eventsIn(output).filter((event): event is Extract<SensorEvent, { event: E }> => event.event === name);
}

/** How many frames of t1 a gateway keeps that was told nothing of what to do with them. */
async function kept(data: string): Promise<number> {
  const { stdout } = await runCommand(bin, ['queue', 'ls', '--data', data, '--json']);
  const queues: readonly { destination: string; messages: number }[] = JSON.parse(stdout);
  return queues.find(({ destination }) => destination === 'sensor:t1')?.messages ?? 0;
}

const readingsIn = (finished: Finished): number =>
  eventsOf(finished, 'acknowledged').reduce((sum, { readings }) => sum + readings, 0);

describe.skipIf(!canMakePtys())('waypost sim --device on a serial line', () => {
  it('is a thermometer that restarts, loses what it had, and is replayed; the gateway stores each frame once', async () => {
    const { root, data, key } = await registered();
    const pty = path.join(root, 'tty');
    await startGateway(bin, ['--data', data, '--http', '127.0.0.1:0', '--listen', `serial:${pty}?baudRate=115200`]);
    for (const scenario of ['rebooting', 'forgetful', 'replayed']) {
      const finished = await runCommand(
        bin,
        sim('thermometer', key, '--pty', pty, '--count', '15', '--scenario', scenario),
      );
      expect(finished.code, scenario).toBe(0);
      const lost = eventsOf(finished, 'lost').reduce((sum, { readings }) => sum + readings, 0);
      expect(readingsIn(finished) + lost, scenario).toBe(15);
      if (scenario !== 'forgetful') expect(lost, scenario).toBe(0);
    }
  }, 60_000);

  it('shows what the gateway says to a wrong key, goes on, and obeys commands with the right one', async () => {
    const { root, data, key, wrongKey } = await registered();
    const pty = path.join(root, 'tty');
    await startGateway(bin, ['--data', data, '--http', '127.0.0.1:0', '--listen', `serial:${pty}?baudRate=115200`]);
    const wrong = beginCommand(bin, sim('thermometer', wrongKey, '--pty', pty));
    await expect.poll(() => eventsOf(wrong.output(), 'refused').length, { timeout: 20_000 }).toBeGreaterThan(0);
    const [refused] = eventsOf(wrong.output(), 'refused');
    expect(refused).toMatchObject({ frame: 'hello', reason: expect.stringContaining('the peer refused') });
    wrong.interrupt();
    expect(await wrong.finished).toMatchObject({ code: 0 });
    expect(readingsIn(await wrong.finished)).toBe(0);

    await runCommand(bin, ['device', 'ping', 't1', '--data', data]);
    const right = await runCommand(bin, sim('thermometer', key, '--pty', pty, '--count', '3'));
    expect(eventsOf(right, 'command')).toEqual([{ event: 'command', number: 1, what: 'ping' }]);
    const frames = eventsOf(right, 'acknowledged').filter(({ readings }) => readings > 0);
    expect(await kept(data)).toBe(frames.length);
  }, 60_000);
});

describe.skipIf(!canMakePtys())('waypost sim --device by Bluetooth', () => {
  describePackages('beside an adapter for the gateway', () => {
    it('is a beacon, and what it measures is stored', async () => {
      const { root, data, key } = await registered();
      const pty = path.join(root, 'hci');
      const beacon = beginCommand(bin, sim('beacon', key, '--pty', pty, '--count', '5'));
      await expect.poll(() => beacon.output().stderr, { timeout: 20_000 }).toContain('--listen ble:');
      const env = { BLUETOOTH_HCI_SOCKET_UART_PORT: pty };
      await startGateway(bin, ['--data', data, '--http', '127.0.0.1:0', '--listen', 'ble:'], { env });
      const finished = await beacon.finished;
      expect(finished.code).toBe(0);
      expect(readingsIn(finished)).toBe(5);
      expect(await kept(data)).toBe(eventsOf(finished, 'acknowledged').length);
    }, 60_000);
  }, ['stoprocent']);
});

describeMosquitto('waypost sim --device at a broker', () => {
  it('is a tracker, also for a gateway that comes later', async () => {
    const { data, key } = await registered();
    await using broker = await startMosquitto();
    const url = `${broker.origin}/site/device/+/up`;
    const tracker = beginCommand(bin, sim('tracker', key, '--url', url, '--count', '5'));
    await expect.poll(() => eventsOf(tracker.output(), 'sent').length, { timeout: 20_000 }).toBeGreaterThan(0);
    const env = { WAYPOST_MQTT_LISTEN: JSON.stringify([url]) };
    await startGateway(bin, ['--data', data, '--http', '127.0.0.1:0'], { env });
    const finished = await tracker.finished;
    expect(finished.code).toBe(0);
    expect(readingsIn(finished)).toBe(5);
    expect(await kept(data)).toBe(eventsOf(finished, 'acknowledged').length);
  }, 60_000);
});

it('says what is wrong with its options', async () => {
  const { key } = await registered();
  const cases: readonly (readonly [readonly string[], string])[] = [
    [['sim', '--device', 'thermometer'], '--id ID --key-file FILE'],
    [sim('tracker', key), "--url 'mqtt://localhost:1883/site/device/+/up'"],
    [sim('thermometer', key, '--transport', 'file', '--folder', '/tmp'), 'a sensor needs answers, and file has none'],
    [sim('thermometer', key, '--scenario', 'perfect'), 'there are steady, drifting'],
    [['sim', '--transport', 'mqtt'], 'mqtt is for sensors'],
  ];
  const finished = await Promise.all(cases.map(([args]) => runCommand(bin, args)));
  expect(finished.map(({ code }) => code)).toEqual(cases.map(() => 2));
  expect(finished.map((one) => errorOf(one).message)).toEqual(
    cases.map(([, message]) => expect.stringContaining(message)),
  );
});

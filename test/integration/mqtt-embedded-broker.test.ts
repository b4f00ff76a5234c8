import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { IClientOptions } from 'mqtt';
import { beforeAll, expect, test } from 'vitest';
import { BoundedQueue } from '../../src/transport/bounded-queue.js';
import { within } from '../conformance/within.js';
import { Agent, enrol, fetchFor, textsOf } from '../support/agent.js';
import { freePort } from '../support/mosquitto.js';
import { type RawClient, rawClient } from '../support/mqtt-raw.js';
import { overHttp } from '../support/over-http.js';
import { buildCommand, type GatewayProcess, runCommand, startGateway, testFolder } from '../support/processes.js';
import { pack, SensorDevice } from '../support/sensor-device.js';

/** The broker in the built command, set up as docs/transports/mqtt.md has it, and clients that know nothing of waypost. */
const KEY = Buffer.from('0123456789abcdef'.repeat(2)).toString('hex');
const PASSWORD = 'correct horse';
const INBOX = 'didcomm/gateway/in';
const UP = 'plant/device/t1/up';
const DOWN = 'plant/device/t1/down';

let bin: string;
let users: string;
beforeAll(async () => {
  bin = await buildCommand();
  const hash = execFileSync(process.execPath, [bin, 'config', 'hash-password'], { input: `${PASSWORD}\n` });
  const password = String(hash).trim();
  users = JSON.stringify([
    { name: 't1', password, publish: ['plant/device/%u/up'], subscribe: ['plant/device/%u/down'] },
    { name: 't2', password, publish: ['plant/device/%u/up'], subscribe: ['plant/device/%u/down'] },
    { name: 'warehouse', password, publish: [INBOX], subscribe: ['didcomm/%c/back', 'didcomm/gateway/status'] },
  ]);
}, 60_000);

/** A gateway with a broker, and the device t1; it comes back on the same port. */
async function prepare() {
  const data = path.join(await testFolder(), 'gateway');
  const port = await freePort();
  const origin = `mqtt://127.0.0.1:${port}`;
  const env = {
    WAYPOST_MQTT_BROKER_LISTEN: `127.0.0.1:${port}`,
    WAYPOST_MQTT_BROKER_TOPICS: `${INBOX}, plant/device/+/up`,
    WAYPOST_MQTT_BROKER_USERS: users,
  };
  const start = () => startGateway(bin, ['--data', data, '--http', '127.0.0.1:0'], { env });
  const gateway = await start();
  await writeFile(path.join(data, 'key'), KEY);
  const added = await runCommand(bin, ['device', 'add', 't1', '--key-file', path.join(data, 'key'), '--data', data]);
  expect(added.code, added.stderr).toBe(0);
  return {
    gateway,
    start,
    login: (username: string, more: IClientOptions = {}): Promise<RawClient> =>
      rawClient(origin, { protocolVersion: 4, username, password: PASSWORD, clientId: `${username}-client`, ...more }),
  };
}

/** How often something happened. */
async function counted({ admin }: GatewayProcess, event: string): Promise<number> {
  const metrics = await (await fetch(`${admin}/metrics`)).text();
  return Number(
    new RegExp(`^waypost_events_total\\{event="mqtt-broker.${event}"\\} (\\d+)$`, 'm').exec(metrics)?.[1] ?? 0,
  );
}

/** What comes on a topic. */
async function listen({ client }: RawClient, topic: string): Promise<() => Promise<Uint8Array>> {
  const queue = new BoundedQueue<Buffer>(100);
  client.on('message', (_topic, payload) => void queue.push(payload));
  await client.subscribeAsync(topic, { qos: 1 });
  return async () => (await within(`something on ${topic}`, queue[Symbol.asyncIterator]().next())).value ?? Buffer.of();
}

test('a sensor is answered when its frame is stored, also after the gateway was killed', async () => {
  const { gateway, start, login } = await prepare();
  const t1 = new SensorDevice('t1');
  await using first = await login('t1');
  const answer = await listen(first, DOWN);
  expect(await first.publish(UP, t1.frame(1, 0, pack('t', 4)))).toBe(0);
  expect(t1.open(await answer())).toEqual([2, 0]);
  await gateway.kill();
  const again = await start();
  await using second = await login('t1');
  const next = await listen(second, DOWN);
  expect(await second.publish(UP, t1.frame(1, 0, pack('t', 4)))).toBe(0); // it came before
  expect(t1.open(await next())).toEqual([2, 0]);
  expect(await second.publish(UP, t1.frame(1, 1, pack('t', 5)))).toBe(0);
  expect(t1.open(await next())).toEqual([2, 0]);
  const metrics = await (await fetch(`${again.admin}/metrics`)).text();
  expect(metrics).toContain('waypost_sensor_frames_total{result="repeated"} 1\n');
  expect(metrics).toContain('waypost_sensor_frames_total{result="stored"} 1\n');
  expect(await again.stop()).toBe(0);
}, 30_000);

test('a forward that was acknowledged is queued, and waits there after a kill', async () => {
  const { gateway, start, login } = await prepare();
  const agent = new Agent();
  await enrol(agent, overHttp(gateway));
  await using warehouse = await login('warehouse');
  const state = await listen(warehouse, 'didcomm/gateway/status');
  expect(String(await state())).toBe('online');
  const texts = ['one', 'two', 'three'];
  for (const text of texts) {
    expect(await warehouse.publish(INBOX, await new Agent().packForward(text, agent.did, gateway.did))).toBe(0);
  }
  await gateway.kill();
  const again = await start();
  expect(await textsOf(agent, await fetchFor(agent, overHttp(again)))).toEqual(texts);
  expect(await again.stop()).toBe(0);
}, 30_000);

test('who has no right is refused, counted, and nothing of it is stored', async () => {
  const { gateway, login } = await prepare();
  const guesses = [{ password: 'a guess' }, { username: 'nobody' }, { username: '', password: '' }];
  for (const guess of guesses) await expect(login('t1', guess)).rejects.toMatchObject({ code: 4 });
  expect(await counted(gateway, 'login-refused')).toBe(guesses.length);

  const t1 = new SensorDevice('t1');
  const frame = t1.frame(1, 0, pack('t', 4));
  const elsewhere: readonly (readonly [string, string])[] = [
    ['t2', UP], // somebody else's, although the frame is authentic
    ['t1', DOWN],
    ['t1', INBOX],
    ['t1', 'plant/device/+/up'],
    ['t1', 'plant/device/t1/up/more'],
    ['warehouse', 'didcomm/gateway/status'],
    ['warehouse', '$SYS/broker/uptime'],
  ];
  for (const [user, topic] of elsewhere) {
    await using client = await login(user);
    expect([topic, await client.publish(topic, frame)]).toEqual([topic, -1]);
  }
  // MQTT.js itself refuses to publish to a topic with a wildcard; the rest reached the broker.
  expect(await counted(gateway, 'publish-refused')).toBe(elsewhere.length - 1);

  await using eavesdropper = await login('t2');
  const filters = ['#', '+/#', 'plant/device/+/up', 'plant/device/+/down', UP, DOWN, 'didcomm/+/back', '$SYS/#'];
  for (const filter of filters) await expect(eavesdropper.client.subscribeAsync(filter), filter).rejects.toThrow();
  expect(await counted(gateway, 'subscription-refused')).toBe(filters.length);

  const away = await login('t1', { clean: false });
  await away.client.subscribeAsync(DOWN, { qos: 1 });
  await expect(login('t2', { clientId: 't1-client', clean: false })).rejects.toMatchObject({ code: 2 });
  expect(await counted(gateway, 'session-refused')).toBe(1);
  await away[Symbol.asyncDispose]();

  const metrics = await (await fetch(`${gateway.admin}/metrics`)).text();
  expect(metrics).not.toMatch(/waypost_sensor_frames_total\{result="stored"\} [1-9]/);
  expect(gateway.stderr()).not.toMatch(/a guess|correct horse/);
  expect(await gateway.stop()).toBe(0);
}, 30_000);

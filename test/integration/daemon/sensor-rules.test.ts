import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import type { ObjectEvent } from '../../../src/sensor/epcis/event.js';
import { buildCommand, type GatewayProcess, runCommand, startGateway, testFolder } from '../../support/processes.js';
import { pack, SensorDevice } from '../../support/sensor-device.js';
import { envelopesOf, newIdentity } from '../../support/station.js';

let bin: string;
beforeAll(async () => {
  bin = await buildCommand();
});

const KEY = Buffer.from('0123456789abcdef'.repeat(2)).toString('hex');
const SECONDS = Date.UTC(2026, 0, 1) / 1000;

/** An agent on the internet: it answers some of its POSTs with 503, and to some that it took it never answers. */
async function startAgent() {
  const received: {
    readonly frames: readonly { device: string; counter: number }[];
    readonly events: readonly ObjectEvent[];
  }[] = [];
  let posts = 0;
  const server = http.createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const post = ++posts;
    if (post === 2) {
      response.writeHead(503).end();
      return;
    }
    const { message, authenticated } = await envelopes.unpack(Buffer.concat(parts));
    expect(authenticated).toBe(true);
    const json = message.attachments?.[0]?.data.json as { epcisBody: { eventList: readonly ObjectEvent[] } };
    received.push({ frames: message.body?.frames as never, events: json.epcisBody.eventList });
    if (post === 4 || post === 9) request.destroy();
    else response.writeHead(202).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const identity = newIdentity(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const envelopes = envelopesOf([identity]);
  return { did: identity.did, received };
}

async function post(url: string, device: SensorDevice, frame: Buffer): Promise<unknown> {
  const headers = { 'content-type': 'application/cose; cose-type="cose-mac0"' };
  const response = await fetch(url, { method: 'POST', headers, body: new Uint8Array(frame) });
  return device.open(new Uint8Array(await response.arrayBuffer()))?.[1];
}

async function initialised(ids: readonly string[]): Promise<string> {
  const data = path.join(await testFolder(), 'gateway');
  await runCommand(bin, ['init', '--data', data, '--public-url', 'http://127.0.0.1:1']);
  const file = path.join(data, 'devices.json');
  await writeFile(file, JSON.stringify(ids.map((id) => ({ id, key: KEY, baseUnit: id === 'k3' ? 'furlong' : 'Cel' }))));
  expect((await runCommand(bin, ['device', 'import', file, '--data', data])).code).toBe(0);
  return data;
}

const rulesFor = (agent: string, more: object = {}) => ({
  WAYPOST_SENSORS_RULES: JSON.stringify([
    {
      name: 'cold',
      agents: [agent],
      deviceUri: 'https://id.example.org/{device}',
      batchEvents: 5,
      batchSeconds: 1,
      ...more,
    },
  ]),
});

test('kill -9 again and again and an agent that fails: every reading that was acknowledged is there, once by its eventID, in order', async () => {
  const ids = ['k1', 'k2'];
  const data = await initialised(ids);
  const agent = await startAgent();
  const count = 30;
  const sent = new Map(ids.map((id) => [id, 0]));
  const isDone = () => [...sent.values()].every((counter) => counter === count);
  const start = () =>
    startGateway(bin, ['--data', data, '--http', '127.0.0.1:0', '--allow-address', '127.0.0.0/8'], {
      env: rulesFor(agent.did),
    });
  /** Each device sends its next frame when the one before was acknowledged, until the power goes. */
  const run = async (gateway: GatewayProcess, limit: number): Promise<void> => {
    let answers = 0;
    const device = async (id: string): Promise<void> => {
      const sensor = new SensorDevice(id);
      for (let counter = sent.get(id) ?? 0; counter < count && answers < limit; counter++) {
        const frame = sensor.frame(1, counter, pack('temp', counter, SECONDS + counter));
        if ((await post(gateway.http, sensor, frame).catch(() => undefined)) !== 0) return;
        sent.set(id, counter + 1);
        answers++;
      }
    };
    await Promise.all(ids.map(device));
  };
  for (let kills = 0; kills < 4; kills++) {
    const gateway = await start();
    await run(gateway, 11);
    await gateway.kill();
  }
  const gateway = await start();
  await run(gateway, Number.POSITIVE_INFINITY);
  expect(isDone()).toBe(true);
  const unique = () => {
    const seen = new Set<string>();
    return agent.received
      .flatMap(({ frames, events }) => events.map((event, i) => ({ event, frame: frames[i] })))
      .filter(({ event }) => !seen.has(event.eventID) && seen.add(event.eventID));
  };
  await expect.poll(() => unique().length, { timeout: 20_000 }).toBe(ids.length * count);
  for (const id of ids) {
    const mine = unique().filter(({ frame }) => frame?.device === id);
    expect(mine.map(({ frame }) => frame?.counter)).toEqual(Array.from({ length: count }, (_, i) => i));
    expect(mine[7]?.event.eventTime).toBe('2026-01-01T00:00:07.000Z');
  }
  const waiting = async () =>
    JSON.parse((await runCommand(bin, ['status', '--data', data, '--json'])).stdout).store.messages;
  await expect.poll(waiting, { timeout: 10_000 }).toBe(0);
  await gateway.stop();
});

test('status, metrics and check say how rules are; what is wrong with them is an error with its place', async () => {
  const data = await initialised(['k1', 'k3']);
  const agent = newIdentity(); // without an endpoint
  const env = rulesFor(agent.did, { devices: ['k3', 'k9*'] });
  const gateway = await startGateway(bin, ['--data', data, '--http', '127.0.0.1:0'], { env });
  const [k1, k3] = [new SensorDevice('k1'), new SensorDevice('k3')];
  expect(await post(gateway.http, k1, k1.frame(1, 0, pack('t', 4)))).toBe(0);
  expect(await post(gateway.http, k3, k3.frame(1, 0, pack('t', 4)))).toBe(0);

  const status = JSON.parse((await runCommand(bin, ['status', '--data', data, '--json'])).stdout);
  expect(status.rules).toMatchObject({
    streams: [{ rule: 'cold', agent: agent.did, isConfigured: true }],
    unwantedFrames: 1,
    unitsWithoutCode: { furlong: 1 },
  });
  expect((await runCommand(bin, ['status', '--data', data])).stdout).toMatch(/rule +cold to did:peer/);
  const metrics = await (await fetch(`${gateway.admin}/metrics`)).text();
  expect(metrics).toContain('waypost_rule_unwanted_frames_total 1\n');

  const { stdout } = await runCommand(bin, ['check', '--data', data, '--json'], { env });
  const { findings } = JSON.parse(stdout).groups.find(({ group }: { group: string }) => group === 'Sensors');
  const messages = findings.map(({ level, message }: { level: string; message: string }) => `${level}: ${message}`);
  expect(messages).toEqual([
    expect.stringMatching(/^note: The agent .* has no endpoint/),
    'warning: The rule cold is about k9*: no such device.',
    expect.stringMatching(/^note: The device k3 measures in furlong, which has no code/),
    'warning: No rule is about the device k1: what it sends is dropped.',
    expect.stringMatching(/^note: 1 readings were in furlong/),
  ]);
  await gateway.stop();

  const wrong = await runCommand(bin, ['config', 'validate', '--data', data], {
    env: rulesFor(agent.did, { oneIn: 0, agents: [], devices: ['x'] }),
  });
  expect(wrong.code).not.toBe(0);
  expect(wrong.stderr).toMatch(/sensors\.rules\[0\]\.agents: a rule has at least one agent/);
  expect(wrong.stderr).toMatch(/sensors\.rules\[0\]\.oneIn: with 0 a rule has a threshold/);
});

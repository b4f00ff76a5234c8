import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type LineToCut, openLineToCut } from '../../firmware-sim/line-to-cut.js';
import { type Agent, acknowledge, countFor, enrol, fetchFor, PICKUP4, textsOf } from '../support/agent.js';
import { buildProgram, type Daemon, type Program, startDaemon } from '../support/daemon.js';
import { didcommNodeAgent } from '../support/didcomm-node-agent.js';
import { overHttp, type Remote } from '../support/over-http.js';
import { newIdentity } from '../support/station.js';

/*
 * Two gateways in two processes: one in the city, on the internet, and one in the field, whose backhaul to the city
 * comes and goes. Phones speak didcomm-node.
 */

let program: Program;
let folder: string;
let backhaul: LineToCut;
let city: Daemon;
let field: Daemon;
let inCity: Remote;
let inField: Remote;

async function openPair(mode: 'live' | 'poll'): Promise<void> {
  backhaul = await openLineToCut(() => city.port);
  city = await startDaemon(program, join(folder, 'city'), {
    args: ['--public-url', `http://127.0.0.1:${backhaul.port}`],
  });
  const upstreams = JSON.stringify([{ did: city.did, mode, pollSeconds: 5 }]);
  field = await startDaemon(program, join(folder, 'field'), { settings: { UPSTREAMS: upstreams } });
  [inCity, inField] = [overHttp(city), overHttp(field)];
}

beforeEach(async () => {
  program = buildProgram();
  folder = await mkdtemp(join(tmpdir(), 'waypost-upstream-'));
});

afterEach(async () => {
  for (const daemon of [field, city]) await daemon.kill();
  await backhaul[Symbol.asyncDispose]();
  await program.remove();
  await rm(folder, { recursive: true });
});

async function leave(there: Remote, text: string, recipient: Agent): Promise<string> {
  return (await there.posts.post(await didcommNodeAgent().packForward(text, recipient.did, there.did))).outcome;
}

async function fetchAll(agent: Agent): Promise<unknown[]> {
  const items = await fetchFor(agent, inField);
  const texts = await textsOf(agent, items);
  await acknowledge(
    agent,
    inField,
    items.map(({ id }) => id),
  );
  return texts;
}

describe.each(['live', 'poll'] as const)('a gateway with an upstream in mode %s', (mode) => {
  test('the round trip, with the backhaul cut and restored in between', { timeout: 60_000 }, async () => {
    await openPair(mode);
    const bob = didcommNodeAgent();
    expect(await enrol(bob, inField)).toEqual(['success']);
    const patience = { timeout: 15_000, interval: 200 };

    // Registered upstream too, so that the city takes messages for him.
    await expect.poll(() => leave(inCity, 'from the city', bob), patience).toBe('202');
    await expect.poll(() => countFor(bob, inField), patience).toBe(1);
    expect(await fetchAll(bob)).toEqual(['from the city']);

    backhaul.cut();
    expect(await leave(inCity, 'while it was cut', bob)).toBe('202');
    expect(await leave(inField, 'local goes on', bob)).toBe('202');
    expect(await fetchAll(bob)).toEqual(['local goes on']);

    backhaul.restore();
    await expect.poll(() => countFor(bob, inField), { timeout: 30_000, interval: 200 }).toBe(1);
    expect(await fetchAll(bob)).toEqual(['while it was cut']);
    // Acknowledged upstream once it was durable here: nothing is left there, and nothing comes a second time.
    const data = ['--data', join(folder, 'city'), '--json'];
    const waiting = async () => JSON.parse((await program.run('status', ...data)).stdout).store.messages as number;
    await expect.poll(waiting, patience).toBe(0);
    expect(await countFor(bob, inField)).toBe(0);
  });
});

test('forwards to somebody at the upstream wait for the backhaul and are sent on', { timeout: 60_000 }, async () => {
  await openPair('live');
  const [bob, carol] = [didcommNodeAgent(), didcommNodeAgent(newIdentity(city.did))];
  await enrol(bob, inField);
  await enrol(carol, inCity);
  backhaul.cut();
  // An account of the field gateway, proven on this connection, sends to Carol, whose endpoint is the city's DID.
  const line = await bob.connect(inField);
  await line.send({ type: `${PICKUP4}/status-request` });
  await expect.poll(() => line.inbox.length).toBe(1);
  await line.sendPacked(await bob.packForward('over the hills', carol.did, field.did));
  await line.send({ type: `${PICKUP4}/status-request` });
  await expect.poll(() => line.inbox.length).toBe(2);
  expect(await countFor(carol, inCity)).toBe(0);

  await field.kill();
  backhaul.restore();
  const upstreams = JSON.stringify([{ did: city.did }]);
  field = await startDaemon(program, join(folder, 'field'), { settings: { UPSTREAMS: upstreams } });
  await expect.poll(() => countFor(carol, inCity), { timeout: 30_000, interval: 200 }).toBe(1);
  expect(await textsOf(carol, await fetchFor(carol, inCity))).toEqual(['over the hills']);
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Agent, countFor, enrol } from '../support/agent.js';
import { buildProgram, type Daemon, type DaemonOptions, spawnDaemon, startDaemon } from '../support/daemon.js';
import { DeliveryLedger } from '../support/delivery-ledger.js';
import { type ClientOptions, emptyMailbox, listenLive, pollMailbox, sendTexts } from '../support/honest-clients.js';
import { overHttp, type Remote } from '../support/over-http.js';
import { chooseSeed, randomFrom } from './random.js';

const KILLS = Number(process.env.WAYPOST_KILLS ?? 10);
const LONGEST_LIFE_MS = 700;
/** How often it is killed while it starts, before anybody could reach it. */
const KILLED_AT_START = 0.3;
const LONGEST_START_MS = 400;
const READY_LIMIT_MS = 10_000;
const SENDERS = 6;

it(
  `the gateway, killed ${KILLS} times under load, delivers everything that it accepted, and nothing twice`,
  async ({ annotate }) => {
    const seed = chooseSeed();
    await annotate(`WAYPOST_SEED=${seed}`);
    const random = randomFrom(seed);
    const folder = await mkdtemp(join(tmpdir(), 'waypost-gateway-kill-'));
    const program = buildProgram();
    const settings = { LIMITS_REQUESTS_PER_SECOND: 100_000, LIMITS_REQUESTS_BURST: 100_000 };
    let options: DaemonOptions = { settings };
    let daemon: Daemon = await startDaemon(program, folder, options);
    options = { settings, port: daemon.port };
    const { did } = daemon;

    const ledger = new DeliveryLedger();
    let there: Remote | undefined = overHttp(daemon);
    let isOver = false;
    const clients: ClientOptions = { ledger, random, gateway: () => there, isOver: () => isOver };
    const recipients = [new Agent(), new Agent(), new Agent()] as const;
    for (const agent of recipients) expect(await enrol(agent, there)).toEqual(['success']);
    const [polling, listening] = recipients; // the third comes at the end only
    const alice = new Agent();
    const working = Promise.all([
      ...Array.from({ length: SENDERS }, (_, n) => sendTexts(alice, recipients, `sender ${n}`, clients)),
      pollMailbox(polling, clients),
      listenLive(listening, clients),
    ]);
    let failure: unknown;
    working.catch((error) => {
      failure = error;
    });

    const startsMs: number[] = [];
    for (let kill = 1; kill <= KILLS && failure === undefined; kill++) {
      await sleep(random() * LONGEST_LIFE_MS);
      await daemon.kill();
      there = undefined;
      if (random() < KILLED_AT_START) {
        const unborn = spawnDaemon(program, folder, options).daemon;
        await sleep(random() * LONGEST_START_MS);
        await unborn.kill();
      }
      daemon = await startDaemon(program, folder, options);
      startsMs.push(daemon.startedInMs);
      expect(daemon.did, `seed ${seed}, kill ${kill}`).toBe(did);
      there = overHttp(daemon);
    }
    await sleep(LONGEST_LIFE_MS);
    isOver = true;
    await working;

    for (const agent of recipients) {
      await emptyMailbox(agent, there, clients);
      expect(await countFor(agent, there)).toBe(0);
    }
    const slowestMs = Math.round(Math.max(...startsMs));
    await annotate(
      `${ledger.acceptedCount} accepted, ${ledger.receivedCount} received, ready again in ${slowestMs} ms`,
    );
    expect(ledger.problems(), `seed ${seed}`).toEqual([]);
    expect(ledger.acceptedCount).toBeGreaterThan(KILLS * 5);
    expect(slowestMs).toBeLessThan(READY_LIMIT_MS);
    expect(await daemon.stop()).toBe(0);
    await program.remove();
    await rm(folder, { recursive: true });
  },
  (KILLS + 3) * 10_000,
);

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { bundledWorker, RUN_TYPESCRIPT } from '../support/store-worker.js';
import { type Found, History } from './history.js';
import { chooseSeed, randomFrom } from './random.js';
import type { WorkloadOptions } from './workload.js';

const ROUNDS = Number(process.env.WAYPOST_KILLS ?? 4);
const LONGEST_LIFE_MS = 300;
const ROUND_LIMIT_MS = 20_000;

/** Lets a workload live for `lifeMs` after it opened the store, then kills it. Returns what it said. */
async function live(options: WorkloadOptions, lifeMs: number): Promise<string[]> {
  const child = spawn(process.execPath, [...RUN_TYPESCRIPT, resolve('test/crash/workload.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify(options));
  child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), lifeMs));
  const [, signal] = await once(child, 'close');
  if (signal !== 'SIGKILL') throw new Error('the workload ended before it was killed');
  return (await readFile(options.eventsPath, 'utf8')).split('\n').slice(0, -1);
}

it(
  `loses nothing that it acknowledged and delivers nothing twice when it is killed ${ROUNDS} times`,
  async ({ annotate }) => {
    const seed = chooseSeed();
    await annotate(`WAYPOST_SEED=${seed}`);
    const random = randomFrom(seed);
    const folder = await mkdtemp(join(tmpdir(), 'waypost-kill-'));
    const workerUrl = bundledWorker().url.href;
    const history = new History();
    for (let round = 0; round <= ROUNDS; round++) {
      const options = {
        path: join(folder, 'store.db'),
        eventsPath: join(folder, `events-${round}`),
        workerUrl,
        seed: seed + round,
        round,
        putsPerProducer: Number.MAX_SAFE_INTEGER,
        resend: history.unconfirmed(),
      };
      const lines = await live(options, random() * LONGEST_LIFE_MS);
      const opened = lines.indexOf('opened');
      expect(opened, `seed ${seed}, round ${round}: the store opens again`).toBeGreaterThanOrEqual(0);
      const found = lines.slice(0, opened).map((line): Found => {
        const [, id = '', text = ''] = line.split(' ');
        return { id, text };
      });
      expect(history.problems(found), `seed ${seed}, round ${round}`).toEqual([]);
      for (const line of lines.slice(opened + 1)) history.add(line);
    }
    await annotate(`${history.storedCount} stored, ${history.ackedCount} acknowledged`);
    expect(history.storedCount).toBeGreaterThan(ROUNDS * 10);
    await rm(folder, { recursive: true });
  },
  ROUND_LIMIT_MS * (ROUNDS + 1),
);

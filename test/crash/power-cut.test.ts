import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fromUtf8 } from '../../src/core/bytes.js';
import { DEFAULT_LIMITS } from '../../src/store/limits.js';
import { openForWriting } from '../../src/store/sqlite/database.js';
import { SqliteReader } from '../../src/store/sqlite/reader.js';
import { SqliteWriter } from '../../src/store/sqlite/writer.js';
import { bundledWorker, RUN_TYPESCRIPT } from '../support/store-worker.js';
import { compileRecordingVfs } from './compile-vfs.js';
import { Disk, type DiskRecord, parseRecording, type Survival } from './disk.js';
import { type Found, History } from './history.js';
import { chooseSeed, randomFrom } from './random.js';
import type { WorkloadOptions } from './workload.js';

/** Which part of all moments the power is cut at. */
const SHARE = Number(process.env.WAYPOST_POWER_CUTS ?? 0.02);
const TIME_LIMIT_MS = 30 * 60_000;

const vfs = compileRecordingVfs();
// Images are opened thousands of times, and their own durability does not matter.
const memoryFolder = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const folder = mkdtempSync(join(memoryFolder, 'waypost-power-'));
afterAll(() => rmSync(folder, { recursive: true }));

function recordWorkload(seed: number, recordingVfs: string): DiskRecord[] {
  const eventsPath = join(folder, 'recording');
  rmSync(eventsPath, { force: true });
  const options: WorkloadOptions = {
    path: join(folder, 'store.db'),
    workerUrl: bundledWorker().url.href,
    seed,
    round: 0,
    resend: [],
    putsPerProducer: 20,
    eventsPath,
    recordingVfs,
  };
  const { status, stderr } = spawnSync(process.execPath, [...RUN_TYPESCRIPT, resolve('test/crash/workload.ts')], {
    input: JSON.stringify(options),
    env: { ...process.env, RECORDING: eventsPath },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the workload failed:\n${stderr}`);
  return parseRecording(readFileSync(eventsPath));
}

/** Opens the store on what the disk has, as the first start after the power cut does, and lists everything. */
function recover(image: ReadonlyMap<string, Buffer>): Found[] {
  const home = mkdtempSync(join(folder, 'image-'));
  for (const [path, content] of image) {
    if (!path.endsWith('.lock')) writeFileSync(join(home, basename(path)), content);
  }
  const { db, lock } = openForWriting({
    path: join(home, 'store.db'),
    bootId: 'after the power cut',
    whenDamaged: 'refuse',
    limitFileBytes: 0,
    checkpointPages: 1000,
  });
  try {
    new SqliteWriter(db, { ...DEFAULT_LIMITS, rememberDepartures: 1000 }, {});
    const reader = new SqliteReader(db);
    const destinations = reader.destinations({ limit: 100 }, 0).map((status) => status.destination);
    const listed = reader.list({ destinations, limitMessages: 100_000 }, 0);
    return listed.map(({ id, content }) => ({ id, text: fromUtf8(content).trimEnd() }));
  } finally {
    db.close();
    lock.close();
    rmSync(home, { recursive: true });
  }
}

interface Verdict {
  readonly cuts: number;
  readonly problems: readonly string[];
}

/** Cuts the power before a share of the records, and tells what was wrong afterwards. */
function cutPower(
  records: readonly DiskRecord[],
  seed: number,
  share: number,
  survivals: readonly Survival[],
): Verdict {
  const random = randomFrom(seed);
  const disk = new Disk();
  const history = new History();
  const problems: string[] = [];
  let cuts = 0;
  records.forEach((record, n) => {
    disk.apply(record);
    if (record.kind === 'event') history.add(record.line);
    if (random() >= share) return;
    for (const survival of survivals) {
      cuts++;
      const found = history.problems(recover(disk.image(survival, random)));
      problems.push(...found.map((problem) => `after record ${n}, ${survival} survived: ${problem}`));
    }
  });
  return { cuts, problems };
}

if (!vfs && process.env.WAYPOST_CI === '1') throw new Error('the power-cut suite needs a C compiler');

describe.skipIf(!vfs)('a power cut', () => {
  const seed = chooseSeed();
  const records = vfs ? recordWorkload(seed, vfs) : [];

  it('has a recording to be tried on that syncs, checkpoints, acknowledges and closes', () => {
    const writesTo = (suffix: string) => records.filter((r) => r.kind === 'write' && r.path.endsWith(suffix)).length;
    const events = records.flatMap((record) => (record.kind === 'event' ? [record.line] : []));
    expect(writesTo('-wal')).toBeGreaterThan(300);
    expect(writesTo('.db')).toBeGreaterThan(50);
    expect(records.filter((record) => record.kind === 'sync').length).toBeGreaterThan(20);
    expect(events.filter((line) => line.startsWith('acked')).length).toBeGreaterThan(20);
    expect(events.at(-1)).toBe('closed');
  });

  it(
    'loses nothing that was acknowledged and brings nothing back',
    async ({ annotate }) => {
      const { cuts, problems } = cutPower(records, seed, SHARE, ['all', 'nothing', 'some', 'some']);
      await annotate(`WAYPOST_SEED=${seed}: ${cuts} power cuts, ${records.length} records`);
      expect(problems.slice(0, 5), `seed ${seed}`).toEqual([]);
      expect(cuts).toBeGreaterThan(10);
    },
    TIME_LIMIT_MS,
  );

  it('would be noticed by this suite if the store did not wait for the disk', () => {
    const unsynced = records.filter((record) => record.kind !== 'sync' || !record.path.endsWith('-wal'));
    const { problems } = cutPower(unsynced, seed, 0.02, ['nothing']);
    expect(problems.filter((problem) => problem.includes('lost:')).length).toBeGreaterThan(0);
  });
});

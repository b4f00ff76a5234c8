import { expect, it } from 'vitest';
import type { Moment } from '../../../src/store/age.js';
import { GroupCommit } from '../../../src/store/sqlite/group-commit.js';
import type { BatchResult, Transaction } from '../../../src/store/sqlite/writer.js';

const moment: Moment = {
  mark: { ageMs: 0, bootId: 'boot', monotonicMs: 0, anchor: undefined },
  trustedNowMs: undefined,
};

function transaction(bytes = 0): Transaction {
  return { operations: [{ kind: 'set', space: 'space', key: 'key', value: new Uint8Array(bytes) }], moment };
}

/** A writer that keeps each batch until it is let go. */
function slowWriter() {
  const batches: number[] = [];
  const release: (() => void)[] = [];
  const write = (batch: readonly Transaction[]) => {
    batches.push(batch.length);
    return new Promise<BatchResult>((resolve) => {
      const outcomes = batch.map(() => ({ results: [] }));
      release.push(() => resolve({ outcomes, totals: { messages: 0, bytes: 0 } }));
    });
  };
  return { batches, release, write };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

it('writes a lone transaction at once, and together what came while the disk was busy', async () => {
  const { batches, release, write } = slowWriter();
  const group = new GroupCommit(write, 1_000_000);
  const first = group.submit(transaction());
  await turn();
  const others = Array.from({ length: 10 }, () => group.submit(transaction()));
  await turn();
  expect(batches).toEqual([1]);
  release[0]?.();
  await first;
  await turn();
  await turn();
  expect(batches).toEqual([1, 10]);
  release[1]?.();
  await Promise.all(others);
  await group.drained();
});

it('bounds one batch, and keeps the order', async () => {
  const { batches, release, write } = slowWriter();
  const group = new GroupCommit(write, 100_000_000);
  const all = Array.from({ length: 600 }, () => group.submit(transaction()));
  const large = [group.submit(transaction(5_000_000)), group.submit(transaction(5_000_000))];
  for (let i = 0; i < 3; i++) {
    await turn();
    await turn();
    release[i]?.();
  }
  await Promise.all([...all, ...large]);
  expect(batches).toEqual([512, 89, 1]);
});

it('passes the failure of the writer to everybody in the batch, and goes on', async () => {
  let fails = true;
  const group = new GroupCommit(async (batch) => {
    if (fails) throw new Error('the thread died');
    return { outcomes: batch.map(() => ({ results: [] })), totals: { messages: 0, bytes: 0 } };
  }, 1_000_000);
  const results = await Promise.allSettled([group.submit(transaction()), group.submit(transaction())]);
  expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected']);
  fails = false;
  await expect(group.submit(transaction())).resolves.toMatchObject({ results: [] });
});

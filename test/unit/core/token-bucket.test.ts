import { expect, test } from 'vitest';
import { TokenBuckets } from '../../../src/core/token-bucket.js';

function buckets(perSecond: number, burst: number, maxSources = 100) {
  const clock = { nowMs: 0 };
  return { clock, table: new TokenBuckets({ perSecond, burst }, maxSources, () => clock.nowMs) };
}

test('a source may spend its burst at once, and then as much as comes back', () => {
  const { clock, table } = buckets(10, 3);
  expect([1, 2, 3, 4].map(() => table.take('a'))).toEqual([0, 0, 0, 100]);
  clock.nowMs = 50;
  expect(table.take('a')).toBe(50);
  clock.nowMs = 100;
  expect(table.take('a')).toBe(0);
});

test('a silent source saves up no more than its burst', () => {
  const { clock, table } = buckets(10, 2);
  table.take('a');
  clock.nowMs = 1e9;
  expect([1, 2, 3].map(() => table.take('a'))).toEqual([0, 0, 100]);
});

test('sources do not share', () => {
  const { table } = buckets(1, 1);
  expect(table.take('a')).toBe(0);
  expect(table.take('b')).toBe(0);
  expect(table.take('a')).toBe(1000);
});

test('refusing costs nothing, charging makes a debt', () => {
  const { table } = buckets(1, 1);
  table.take('a');
  for (let i = 0; i < 5; i++) expect(table.take('a')).toBe(1000);
  expect(table.charge('a')).toBe(1000);
  expect(table.charge('a')).toBe(2000);
});

test('the table is bounded: a source that was silent for long is forgotten, one that was not is remembered', () => {
  const { table } = buckets(1, 1, 4);
  table.take('a');
  table.take('b');
  table.take('a');
  table.take('c');
  expect(table.take('a')).toBe(1000);
  expect(table.take('b')).toBe(0);
});

import { expect, it } from 'vitest';
import { RecentHashes } from '../../../src/store/sqlite/recent-hashes.js';

it('finds the newest departures of a hash and forgets the others', () => {
  const recent = new RecentHashes(3);
  for (const [n, hash] of [10, 20, 30, 10].entries()) recent.add(n + 1, hash);
  expect([10, 20, 30].map((hash) => recent.find(hash))).toEqual([4, 2, 3]);
  recent.add(5, 40);
  recent.add(6, 50);
  expect([10, 20, 30, 40, 50].map((hash) => recent.find(hash))).toEqual([4, undefined, undefined, 5, 6]);
  recent.add(7, 60);
  expect(recent.find(10)).toBeUndefined();
});

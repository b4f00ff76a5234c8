import { expect, it } from 'vitest';
import { LogRing } from '../../../../src/daemon/dashboard/log-ring.js';

it('keeps the last lines, and never more than 64 Ki characters', () => {
  const ring = new LogRing();
  for (let i = 0; i < 100_000; i++) ring.add(`line ${i}\n`);
  expect(ring.lines().at(-1)).toBe('line 99999');
  expect(ring.lines().join('').length).toBeLessThanOrEqual(64 * 1024);
  expect(ring.lines().length).toBeGreaterThan(5000);
  for (let i = 0; i < 100; i++) ring.add('x'.repeat(1_000_000));
  expect(ring.lines().join('').length).toBeLessThanOrEqual(64 * 1024);
});

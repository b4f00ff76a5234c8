import { expect, it } from 'vitest';
import { LogRing } from '../../../../src/daemon/dashboard/log-ring.js';

const textOf = (ring: LogRing): string =>
  ring
    .lines()
    .map(({ text }) => text)
    .join('');

it('keeps the last lines, and never more than 64 Ki characters', () => {
  const ring = new LogRing();
  for (let i = 0; i < 100_000; i++) ring.add(`line ${i}\n`, 'info');
  expect(ring.lines().at(-1)).toEqual({ level: 'info', text: 'line 99999' });
  expect(textOf(ring).length).toBeLessThanOrEqual(64 * 1024);
  expect(ring.lines().length).toBeGreaterThan(5000);
  for (let i = 0; i < 100; i++) ring.add('x'.repeat(1_000_000), 'warn');
  expect(textOf(ring).length).toBeLessThanOrEqual(64 * 1024);
});

import { expect, it } from 'vitest';
import { LogRing } from '../../../../src/daemon/dashboard/log-ring.js';

const record = (event: string, message = '') => ({ timeMs: 0, level: 'info', event, fields: { message } }) as const;

const textOf = (ring: LogRing): string =>
  ring
    .lines()
    .map(({ text }) => text)
    .join('');

it('keeps the last lines, and not much more than 64 Ki characters', () => {
  const ring = new LogRing();
  for (let i = 0; i < 10_000; i++) ring.add(record(`event.${i}`));
  expect(ring.lines().at(-1)).toEqual({ level: 'info', text: '1970-01-01T00:00:00.000Z info  event.9999 message=""' });
  expect(textOf(ring).length).toBeLessThanOrEqual(64 * 1024);
  expect(ring.lines().length).toBeGreaterThan(500);
  for (let i = 0; i < 1000; i++) ring.add(record('long', 'x'.repeat(100_000)));
  expect(textOf(ring).length).toBeLessThanOrEqual(70 * 1024);
  expect(ring.lines().length).toBeGreaterThan(50);
});

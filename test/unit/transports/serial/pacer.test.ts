import { expect, test } from 'vitest';
import { createTimers } from '../../../../src/transport/timers.js';
import { Pacer } from '../../../../transports/serial/pacer.js';
import { ManualClock } from '../../../support/manual-clock.js';
import { ManualScheduler, settle } from '../../../support/manual-scheduler.js';

const clock = new ManualClock();
const scheduler = new ManualScheduler(clock);
const timers = createTimers(scheduler, () => clock.monotonicMs());
const never = new AbortController().signal;

/** When `wait` is over, in milliseconds from now. */
async function overAfter(wait: Promise<void>): Promise<number> {
  const startMs = clock.monotonicMs();
  let isOver = false;
  void wait.then(() => {
    isOver = true;
  });
  await settle();
  while (!isOver) await scheduler.advance(1);
  return clock.monotonicMs() - startMs;
}

test('what the line has not sent yet waits above it', async () => {
  const pacer = new Pacer({ bytesPerSecond: 1000, allowanceMs: 20, timers });
  expect(pacer.isIdle).toBe(true);
  expect(await overAfter(pacer.room(never))).toBe(0);
  pacer.took(100);
  expect(pacer.isIdle).toBe(false);
  expect(await overAfter(pacer.room(never))).toBe(80);
  pacer.took(100);
  expect(await overAfter(pacer.idle(never))).toBe(120);
  expect(pacer.isIdle).toBe(true);
});

test('a line that was idle owes nothing for it', async () => {
  const pacer = new Pacer({ bytesPerSecond: 1000, allowanceMs: 0, timers });
  await scheduler.advance(5000);
  pacer.took(10);
  expect(await overAfter(pacer.idle(never))).toBe(10);
});

test('a wait ends with its signal', async () => {
  const pacer = new Pacer({ bytesPerSecond: 1000, allowanceMs: 0, timers });
  pacer.took(1000);
  const abort = new AbortController();
  const waiting = pacer.room(abort.signal);
  abort.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
});

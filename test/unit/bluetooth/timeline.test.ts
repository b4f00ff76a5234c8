import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runUntil } from '../../../firmware-sim/bluetooth/pace.js';
import { Timeline } from '../../../firmware-sim/bluetooth/timeline.js';

test('everything happens in the order of its time, and of its making at the same time', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ delayUs: fc.nat(50), isCancelled: fc.boolean() })), (plan) => {
      const timeline = new Timeline();
      const happened: { atUs: number; index: number }[] = [];
      plan.forEach(({ delayUs, isCancelled }, index) => {
        const cancel = timeline.afterUs(delayUs, () => happened.push({ atUs: timeline.nowUs, index }));
        if (isCancelled) cancel();
      });
      timeline.advance(1);
      const expected = plan
        .map(({ delayUs, isCancelled }, index) => ({ atUs: delayUs, index, isCancelled }))
        .filter(({ isCancelled }) => !isCancelled)
        .sort((a, b) => a.atUs - b.atUs || a.index - b.index)
        .map(({ atUs, index }) => ({ atUs, index }));
      expect(happened).toEqual(expected);
      expect(timeline.nowUs).toBe(1000);
      expect(timeline.nextUs).toBe(undefined);
    }),
  );
});

test('what happens may plan more, also for the same moment', () => {
  const timeline = new Timeline();
  const happened: number[] = [];
  const again = () => {
    happened.push(timeline.nowUs);
    if (happened.length < 4) timeline.afterUs(happened.length === 2 ? 0 : 500, again);
  };
  timeline.after(1, again);
  timeline.advance(2);
  expect(happened).toEqual([1000, 1500, 1500, 2000]);
});

test('time runs until an outcome is there, and not without end', async () => {
  const timeline = new Timeline();
  const inAnHour = new Promise<string>((resolve) => timeline.after(3_600_000, () => resolve('there')));
  await expect(runUntil(timeline, inAnHour)).resolves.toBe('there');
  expect(timeline.nowMs()).toBe(3_600_000);
  await expect(runUntil(timeline, new Promise(() => {}))).rejects.toThrow(RangeError);
  await expect(runUntil(timeline, Promise.reject(new Error('no')))).rejects.toThrow('no');
});

test('a delay lets time pass, however short it is', () => {
  const timeline = new Timeline();
  timeline.advance(100_000);
  const beforeMs = timeline.nowMs();
  timeline.after(1e-13, () => {});
  timeline.step();
  expect(timeline.nowMs()).toBeGreaterThan(beforeMs);
});

import { describe, expect, it } from 'vitest';
import { Slots } from '../../../src/core/slots.js';

describe('slots', () => {
  it('are taken up to their number', () => {
    const slots = new Slots(2);
    expect([slots.tryTake(), slots.tryTake(), slots.tryTake()]).toEqual([true, true, false]);
    slots.giveBack();
    expect(slots.taken).toBe(1);
    expect(slots.tryTake()).toBe(true);
  });

  it('go to those who wait in their order, and to nobody who comes in between', async () => {
    const slots = new Slots(1);
    await slots.take();
    const got: string[] = [];
    const waiting = ['first', 'second'].map((name) => slots.take().then(() => got.push(name)));
    slots.giveBack();
    expect(slots.tryTake()).toBe(false);
    await waiting[0];
    expect(got).toEqual(['first']);
    slots.giveBack();
    await waiting[1];
    expect(got).toEqual(['first', 'second']);
  });

  it('tell when none is taken any more', async () => {
    const slots = new Slots(2);
    await slots.take();
    let isIdle = false;
    const idle = slots.idle().then(() => {
      isIdle = true;
    });
    await Promise.resolve();
    expect(isIdle).toBe(false);
    slots.giveBack();
    await idle;
    await slots.idle();
  });
});

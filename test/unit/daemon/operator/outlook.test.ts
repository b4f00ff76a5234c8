import { describe, expect, it } from 'vitest';
import { WaypostError } from '../../../../src/core/errors.js';
import { showOutlook } from '../../../../src/daemon/measures.js';
import { Inflow } from '../../../../src/daemon/operator/inflow.js';
import { storageOutlook } from '../../../../src/daemon/operator/outlook.js';
import { Refusals } from '../../../../src/daemon/operator/refusals.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const MIB = 2 ** 20;
const EMPTY = { messages: 0, bytes: 0, limitMessages: 1000, limitBytes: 100 * MIB };

/** An hour in which a message of 1 MiB came every six minutes. */
function busyHour() {
  let nowMs = 5000;
  const inflow = new Inflow(() => nowMs);
  const pass = (ms: number): void => {
    nowMs += ms;
  };
  for (let i = 0; i < 10; i++) {
    inflow.add(MIB);
    pass(6 * MINUTE_MS);
  }
  return { inflow, pass };
}

describe('how long the storage lasts', () => {
  it('is what is left, divided by what came, whichever limit is reached first', () => {
    const measured = busyHour().inflow.measure();
    expect(measured).toEqual({ measuredMs: HOUR_MS, messages: 10, bytes: 10 * MIB });
    expect(storageOutlook(measured, EMPTY, null).lastsMs).toBe(10 * HOUR_MS);
    expect(storageOutlook(measured, { ...EMPTY, bytes: 80 * MIB }, null).lastsMs).toBe(2 * HOUR_MS);
    expect(storageOutlook(measured, { ...EMPTY, limitMessages: 30 }, null).lastsMs).toBe(3 * HOUR_MS);
    const disk = { freeBytes: 45 * MIB, keptFreeBytes: 40 * MIB };
    expect(storageOutlook(measured, EMPTY, disk).lastsMs).toBe(HOUR_MS / 2);
    expect(storageOutlook(measured, EMPTY, { ...disk, freeBytes: 0 }).lastsMs).toBe(0);
  });

  it('goes by the last 24 hours', () => {
    const { inflow, pass } = busyHour();
    pass(22 * HOUR_MS);
    expect(inflow.measure()).toEqual({ measuredMs: 23 * HOUR_MS, messages: 10, bytes: 10 * MIB });
    pass(90 * MINUTE_MS);
    expect(inflow.measure().messages).toBe(3);
    expect(inflow.measure().measuredMs).toBeLessThanOrEqual(24 * HOUR_MS);
    pass(100 * HOUR_MS);
    expect(inflow.measure()).toMatchObject({ messages: 0, bytes: 0 });
  });

  it('is not said before it is known', () => {
    let nowMs = 0;
    const inflow = new Inflow(() => nowMs);
    const say = () => showOutlook(storageOutlook(inflow.measure(), EMPTY, null));
    nowMs += 3 * MINUTE_MS;
    expect(say()).toBe('nothing came in the 3 min since it is measured');
    inflow.add(1024);
    expect(say()).toBe('not known yet: 1 message, 1.0 KiB, in the last 3 min, which is too short to tell');
    nowMs += 57 * MINUTE_MS;
    expect(say()).toBe("41 d at today's rate if none leaves (1 message, 1.0 KiB, in the last 60 min)");
    nowMs += 20 * HOUR_MS;
    expect(say()).toMatch(/^more than a year at today's rate/);
  });
});

describe('refusals', () => {
  it('are of whom there is no room for at present, and not without bound', () => {
    let nowMs = 0;
    const refusals = new Refusals(() => nowMs);
    const full = new WaypostError('ERR_QUOTA_RECIPIENT', 'the queue has 10 messages, which is its limit');
    for (let i = 0; i < 1000; i++) refusals.refused(`did:example:${i}`, full);
    expect(refusals.list()).toHaveLength(100);
    refusals.refused('did:example:950', full);
    nowMs = 4000;
    expect(refusals.list()[0]).toEqual({
      destination: 'did:example:950',
      code: 'ERR_QUOTA_RECIPIENT',
      message: 'the queue has 10 messages, which is its limit',
      times: 2,
      agoMs: 4000,
    });
    refusals.taken('did:example:950');
    expect(refusals.list().map(({ destination }) => destination)).not.toContain('did:example:950');
  });
});

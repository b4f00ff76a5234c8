import { describe, expect, it } from 'vitest';
import { AgeKeeper } from '../../../src/store/age.js';
import { ManualClock } from '../../support/manual-clock.js';

const HOUR_MS = 3_600_000;

describe('age', () => {
  it('is what the monotonic clock says within a boot, whatever the wall clock does', () => {
    const clock = new ManualClock();
    const age = new AgeKeeper(clock, undefined);
    clock.advance(500);
    clock.setWall(0, 'ntp');
    expect(age.ageMs()).toBe(500);
    clock.setWall(2 ** 42, 'gnss');
    expect(age.ageMs()).toBe(500);
  });

  it('counts the time in which the process did not run, within a boot', () => {
    const clock = new ManualClock();
    const { mark } = new AgeKeeper(clock, undefined).moment();
    clock.advance(HOUR_MS);
    expect(new AgeKeeper(clock, mark).ageMs()).toBe(HOUR_MS);
  });

  it('proves time without power over several boots of which only the first and the last knew the time', () => {
    const clock = new ManualClock();
    const startMs = clock.nowMs();
    const { mark: first } = new AgeKeeper(clock, undefined).moment();
    clock.powerCycle('boot-2', 0, 'none');
    const second = new AgeKeeper(clock, first);
    clock.advance(1000);
    const { mark } = second.moment();
    expect(mark.ageMs).toBe(1000);
    clock.powerCycle('boot-3', 0, 'none');
    const third = new AgeKeeper(clock, mark);
    clock.advance(10);
    expect(third.ageMs()).toBe(1010);
    clock.setWall(startMs + 5 * HOUR_MS, 'ntp');
    expect(third.ageMs()).toBe(5 * HOUR_MS);
    clock.advance(10);
    expect(third.ageMs()).toBe(5 * HOUR_MS + 10);
  });

  it('proves nothing with a clock that was not trusted before', () => {
    const clock = new ManualClock();
    clock.setWall(0, 'restored');
    const { mark } = new AgeKeeper(clock, undefined).moment();
    clock.powerCycle('boot-2', Date.UTC(2026, 5, 1), 'ntp');
    expect(new AgeKeeper(clock, mark).ageMs()).toBe(0);
  });

  it('says the wall-clock time only while it is trusted', () => {
    const clock = new ManualClock();
    const age = new AgeKeeper(clock, undefined);
    expect(age.moment().trustedNowMs).toBe(clock.nowMs());
    clock.setWall(clock.nowMs(), 'peer');
    expect(age.moment().trustedNowMs).toBeUndefined();
  });
});

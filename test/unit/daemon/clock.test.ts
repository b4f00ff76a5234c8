import { describe, expect, it } from 'vitest';
import { findClockQuality } from '../../../src/daemon/clock-quality.js';
import { createDeviceClock } from '../../../src/daemon/device-clock.js';
import { createMachine } from '../../../src/daemon/machine.js';
import { fakeMachine } from './support.js';

const NOW = Date.UTC(2026, 5, 1);
const LONG_AGO = Date.UTC(1970, 0, 1, 0, 5);
const CHRONY = { '/run/chrony/chronyd.sock': '' };
const tracking = (status: string) => ({ run: async () => `Reference ID : 1\nLeap status     : ${status}\n` });
const rtc = (hctosys: string, seconds: number) => ({
  '/sys/class/rtc/rtc0/hctosys': `${hctosys}\n`,
  '/sys/class/rtc/rtc0/since_epoch': `${seconds}\n`,
});

describe('findClockQuality', () => {
  it.each([
    {
      name: 'timesyncd has synchronised',
      machine: fakeMachine({ '/run/systemd/timesync/synchronized': '' }),
      quality: 'ntp',
    },
    { name: 'chrony has synchronised', machine: fakeMachine(CHRONY, tracking('Normal')), quality: 'ntp' },
    {
      name: 'chrony runs but has not',
      machine: fakeMachine(CHRONY, tracking('Not synchronised')),
      quality: 'restored',
    },
    { name: 'chrony runs but cannot be asked', machine: fakeMachine(CHRONY), quality: 'restored' },
    { name: 'a hardware clock set it at boot', machine: fakeMachine(rtc('1', NOW / 1000)), quality: 'rtc' },
    { name: 'the hardware clock was not used', machine: fakeMachine(rtc('0', NOW / 1000)), quality: 'restored' },
    { name: 'the hardware clock lost its battery', machine: fakeMachine(rtc('1', 300)), quality: 'restored' },
    { name: 'nothing is known', machine: fakeMachine(), quality: 'restored' },
  ])('is $quality when $name', async ({ machine, quality }) => {
    expect(await findClockQuality(machine, NOW)).toBe(quality);
  });

  it('is none when the time cannot be right, whoever set it', async () => {
    expect(await findClockQuality(fakeMachine(rtc('1', NOW / 1000)), LONG_AGO)).toBe('none');
  });
});

/** A scheduler that runs when the test says so. */
function manualScheduler() {
  const waiting = new Set<() => void>();
  return {
    waiting,
    scheduler: {
      after(_: number, run: () => void) {
        waiting.add(run);
        return () => void waiting.delete(run);
      },
    },
    async elapse() {
      for (const run of [...waiting]) {
        waiting.delete(run);
        run();
      }
      await new Promise(setImmediate);
    },
  };
}

describe('createDeviceClock', () => {
  it('notices when the clock becomes better or worse, until it is disposed', async () => {
    const files: Record<string, string> = { '/proc/sys/kernel/random/boot_id': 'boot-1\n' };
    const { scheduler, waiting, elapse } = manualScheduler();
    const seen: string[] = [];
    const clock = await createDeviceClock({
      machine: { ...fakeMachine(), readText: async (file) => files[file], exists: async (file) => file in files },
      scheduler,
      trust: 'auto',
      onQuality: (quality) => seen.push(quality),
    });
    expect(clock.bootId).toBe('boot-1');
    expect(clock.quality()).toBe('restored');
    files['/run/systemd/timesync/synchronized'] = '';
    await elapse();
    await elapse();
    expect(clock.quality()).toBe('ntp');
    expect(seen).toEqual(['ntp']);
    clock[Symbol.dispose]();
    expect(waiting.size).toBe(0);
  });

  it('believes the configuration', async () => {
    const { scheduler, waiting } = manualScheduler();
    const make = (trust: 'always' | 'never') => createDeviceClock({ machine: fakeMachine(), scheduler, trust });
    expect((await make('always')).quality()).toBe('ntp');
    expect((await make('never')).quality()).toBe('none');
    expect(waiting.size).toBe(0);
  });

  it('has a monotonic clock and a boot id that other processes of this boot share', async () => {
    const { scheduler } = manualScheduler();
    const make = () => createDeviceClock({ machine: createMachine(), scheduler, trust: 'never' });
    const [one, two] = [await make(), await make()];
    const before = one.monotonicMs();
    expect(two.monotonicMs()).toBeGreaterThanOrEqual(before);
    expect(two.monotonicMs() - before).toBeLessThan(10_000);
    if (process.platform === 'linux') expect(two.bootId).toBe(one.bootId);
    expect(Math.abs(one.nowMs() - Date.now())).toBeLessThan(10_000);
  });
});

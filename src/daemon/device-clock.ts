import { randomUUID } from 'node:crypto';
import type { ClockQuality, DeviceClock } from '../core/clock.js';
import type { Scheduler } from '../core/scheduler.js';
import { findClockQuality } from './clock-quality.js';
import type { Config } from './config/schema.js';
import type { Machine } from './machine.js';

export interface DeviceClockOptions {
  readonly machine: Machine;
  readonly scheduler: Scheduler;
  /** `always` calls every clock `ntp`, `never` calls every clock `none`. */
  readonly trust: Config['clock']['trust'];
  /** Milliseconds between two looks at what the clock is worth. */
  readonly lookMs?: number;
  /** Told when it changes. */
  readonly onQuality?: (quality: ClockQuality) => void;
}

const DEFAULT_LOOK_MS = 10_000;
const BOOT_ID = '/proc/sys/kernel/random/boot_id';

/**
 * The clock of this machine; it looks now and then what its wall clock is worth, until it is disposed.
 *
 * Where the system tells no boot id, each process counts as a boot: time while it did not run then counts as none.
 */
export async function createDeviceClock(options: DeviceClockOptions): Promise<DeviceClock & Disposable> {
  const { machine, scheduler, trust, lookMs = DEFAULT_LOOK_MS, onQuality } = options;
  const bootId = (await machine.readText(BOOT_ID))?.trim() || randomUUID();
  const look = async (): Promise<ClockQuality> => {
    if (trust !== 'auto') return trust === 'always' ? 'ntp' : 'none';
    return findClockQuality(machine, Date.now());
  };

  let quality = await look();
  let isDisposed = false;
  let cancel = (): void => {};
  const lookAgain = async (): Promise<void> => {
    const found = await look();
    if (isDisposed) return;
    if (found !== quality) {
      quality = found;
      onQuality?.(found);
    }
    schedule();
  };
  const schedule = (): void => {
    cancel = scheduler.after(lookMs, () => void lookAgain());
  };
  if (trust === 'auto') schedule();

  return {
    bootId,
    nowMs: () => Date.now(),
    // CLOCK_MONOTONIC: counts from the boot, the same in all processes.
    monotonicMs: () => Number(process.hrtime.bigint() / 1_000_000n),
    quality: () => quality,
    [Symbol.dispose]() {
      isDisposed = true;
      cancel();
    },
  };
}

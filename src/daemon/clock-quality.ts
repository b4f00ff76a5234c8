import type { ClockQuality } from '../core/clock.js';
import type { Machine } from './machine.js';

/*
 * How good the clock of a Linux machine is. The kernel knows (adjtimex), but Node cannot ask it; so the services that
 * set the clock are asked for what they leave in the file system.
 */

/** Made by systemd-timesyncd after its first synchronisation of this boot; /run is empty after each. */
const TIMESYNCD_MARK = '/run/systemd/timesync/synchronized';
/** Where chronyd has its socket while it runs. */
const CHRONY_FOLDER = '/run/chrony';
const RTC_FOLDER = '/sys/class/rtc';

/**
 * The moment before which a clock cannot be right: this program did not exist. A clock that lost its battery or never
 * had one starts long before.
 */
export const PLAUSIBLE_FROM_MS = Date.UTC(2025, 0, 1);

/** What the machine tells of its clock, which shows `nowMs`. */
export async function findClockQuality(machine: Machine, nowMs: number): Promise<ClockQuality> {
  if (nowMs < PLAUSIBLE_FROM_MS) return 'none';
  if (await machine.exists(TIMESYNCD_MARK)) return 'ntp';
  if ((await machine.exists(CHRONY_FOLDER)) && (await isChronySynchronised(machine))) return 'ntp';
  if (await wasSetByRtc(machine)) return 'rtc';
  // Later than this program, so not the kernel's own beginning: something restored it.
  return 'restored';
}

async function isChronySynchronised(machine: Machine): Promise<boolean> {
  const tracking = await machine.run('chronyc', ['-n', 'tracking']);
  return tracking !== undefined && /^Leap status\s*:\s*(Normal|Insert second|Delete second)\s*$/m.test(tracking);
}

/** Whether the kernel set its clock from a hardware clock at boot, and that one has kept its time since. */
async function wasSetByRtc(machine: Machine): Promise<boolean> {
  for (const name of await machine.list(RTC_FOLDER)) {
    const setAtBoot = (await machine.readText(`${RTC_FOLDER}/${name}/hctosys`))?.trim() === '1';
    const seconds = Number((await machine.readText(`${RTC_FOLDER}/${name}/since_epoch`)) ?? Number.NaN);
    if (setAtBoot && seconds * 1000 >= PLAUSIBLE_FROM_MS) return true;
  }
  return false;
}

import { findClockQuality, PLAUSIBLE_FROM_MS } from '../clock-quality.js';
import { type Check, error, type Finding, note, ok, warning } from './finding.js';

const MINIMUM_NODE = [22, 14] as const;

export const checkNode: Check = async ({ machine }) => {
  const [major = 0, minor = 0] = machine.nodeVersion.split('.').map(Number);
  const isNewEnough = major > MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor >= MINIMUM_NODE[1]);
  const version = `Node ${machine.nodeVersion}`;
  return [isNewEnough ? ok(`${version}.`) : error(`${version} is too old.`, `install Node ${MINIMUM_NODE.join('.')}`)];
};

/** Bits of `vcgencmd get_throttled` on a Raspberry Pi. */
const UNDER_VOLTAGE_NOW = 0x1;
const UNDER_VOLTAGE_BEFORE = 0x1_0000;

/** Weak power shows first as USB and serial devices that disappear. */
export const checkPower: Check = async ({ machine }) => {
  const answer = await machine.run('vcgencmd', ['get_throttled']);
  const bits = Number(/throttled=(0x[0-9a-f]+)/i.exec(answer ?? '')?.[1] ?? Number.NaN);
  if (Number.isNaN(bits)) return [];
  const fix = 'use a stronger power supply and a shorter cable';
  if ((bits & UNDER_VOLTAGE_NOW) !== 0) return [error('The power supply is too weak right now.', fix)];
  if ((bits & UNDER_VOLTAGE_BEFORE) !== 0) return [warning('The power supply was too weak since the last start.', fix)];
  return [ok('The power supply is strong enough.')];
};

const NOTHING_EXPIRES = 'until then nothing expires, and messages with an end date are kept';
const ENABLE_NTP = 'sudo timedatectl set-ntp true';

export const checkClock: Check = async ({ machine, loaded, nowMs }) => {
  const trust = loaded?.config.clock.trust ?? 'auto';
  if (trust === 'never') return [note('The configuration says never to trust the clock (clock.trust).')];
  const shows = `it shows ${new Date(nowMs).toISOString()}`;
  if (trust === 'always') return [ok(`The configuration says to trust the clock (clock.trust); ${shows}.`)];
  return [describeQuality(await findClockQuality(machine, nowMs), shows)];
};

function describeQuality(quality: string, shows: string): Finding {
  switch (quality) {
    case 'ntp':
      return ok(`The clock is synchronised with the network (NTP); ${shows}.`);
    case 'rtc':
      return ok(`The clock was set from a hardware clock with a battery; ${shows}.`);
    case 'none': {
      const earliest = new Date(PLAUSIBLE_FROM_MS).toISOString().slice(0, 10);
      return warning(
        `The clock is not set: ${shows}, and it must be later than ${earliest}; ${NOTHING_EXPIRES}.`,
        ENABLE_NTP,
      );
    }
    default:
      return warning(
        `The clock is not synchronised; ${shows}, which may be wrong; ${NOTHING_EXPIRES}.`,
        `${ENABLE_NTP}; without a network: a hardware clock; where the host keeps the time: clock.trust: always`,
      );
  }
}

import { MAX_DATA_OCTETS, valueCeiling } from '../../firmware-sim/bluetooth/air-time.js';
import { seededRandom } from '../../firmware-sim/random.js';
import { type BleLink, bitchatPacing, dif, nativeDown, nativeUp } from './ble/ways.js';
import type { Bar, BenchReport, Measurement } from './report.js';

/*
 * How much of what a Bluetooth connection can carry arrives as messages: one message of 64 KiB, no loss, the unmodified
 * noble and bleno on virtual controllers in simulated time. The ceiling is what values of the whole MTU could carry if the
 * radio never paused; figures of the air alone, so a machine that is slow changes nothing.
 */

const BENCH = 'ble';
const MESSAGE_BYTES = 64 * 1024;
const MTUS = [23, 185, 247, 517] as const;
const PHYS = [1, 2] as const;
/** Opcode and handle before a value, and the longest value (Core Specification 5.4, Vol 3 Part F, 3.2.9 and 3.4.5.3). */
const ATT_HEADER_BYTES = 3;
const MAX_VALUE_BYTES = 512;

/** Of the ceiling at 1M, which is what connections of these packages begin with and keep, whichever way the message goes. */
const LIMITS: ReadonlyMap<number, number> = new Map([
  [23, 0.75],
  [247, 0.9],
]);

const KILOBYTES = 'kB/s';
const RATIO = 'ratio';
const PROMISED_PHY = 1;

/** One line for each radio and MTU: what arrives a second in four ways, and how the native profile does beside the others. */
export async function runBleBench(): Promise<BenchReport> {
  const random = seededRandom(1);
  const message = Uint8Array.from({ length: MESSAGE_BYTES }, () => Math.floor(random() * 256));
  const measurements: Measurement[] = [];
  const shares = new Map<number, number>();
  for (const phy of PHYS) {
    for (const mtu of MTUS) {
      const { figures, share } = await measureLink(message, { phy, mtu });
      const about = { bench: BENCH, case: `${phy}M, MTU ${mtu}` };
      for (const [subject, value, unit] of figures) measurements.push({ ...about, subject, value, unit });
      if (phy === PROMISED_PHY) shares.set(mtu, share);
    }
  }
  const bars = [...LIMITS].map(([mtu, limit]): Bar => {
    const value = shares.get(mtu) ?? 0;
    return {
      bench: BENCH,
      bar: `native / ceiling at ${PROMISED_PHY}M, MTU ${mtu}, the slower way`,
      value,
      limit,
      holds: value >= limit,
    };
  });
  return { measurements, bars };
}

type Figure = readonly [subject: string, value: number, unit: typeof KILOBYTES | typeof RATIO];

async function measureLink(message: Uint8Array, link: BleLink) {
  const ceiling = ceilingOf(link) / 1000;
  const up = message.length / (await nativeUp(message, link));
  const down = message.length / (await nativeDown(message, link));
  const phones = message.length / (await dif(message, link));
  const paced = message.length / (await bitchatPacing(message, link));
  const worst = Math.min(up, down);
  const figures: readonly Figure[] = [
    ['ceiling', ceiling, KILOBYTES],
    ['native, written', up, KILOBYTES],
    ['native, notified', down, KILOBYTES],
    ['DIF', phones, KILOBYTES],
    ["bitchat's pacing", paced, KILOBYTES],
    ['native / ceiling', worst / ceiling, RATIO],
    ['native / DIF', up / phones, RATIO],
    ["native / bitchat's", up / paced, RATIO],
  ];
  return { figures, share: worst / ceiling };
}

/** Bytes of attribute value a second. */
function ceilingOf({ phy, mtu }: BleLink): number {
  return valueCeiling(phy, MAX_DATA_OCTETS, Math.min(mtu - ATT_HEADER_BYTES, MAX_VALUE_BYTES));
}

import { randomFrom } from '../../crash/random.js';
import { randomBytesOf } from '../../support/random.js';
import { measureInTurns, median, type Subject } from '../measure.js';
import type { BenchReport } from '../report.js';
import { openWaypost } from './codes.js';

const EFFORT = { rounds: 7, warmUpRounds: 1, sliceMs: 150 };
const LIMIT_MS = 20;

/** What it costs to get 50 KB back from the texts of QR codes: Base45, the fountain code, and the hash. */
export async function measureDecoding(): Promise<BenchReport> {
  const random = randomFrom(50);
  const animation = openWaypost(randomBytesOf(random, 50_000));
  const { sourceFrames } = animation;
  const lossy = Array.from({ length: 3 * sourceFrames }, (_, i) => i).filter(() => random() >= 0.3);
  const subjects = [
    { name: 'no loss', numbers: lossy.map((_, i) => i) },
    { name: '30 % loss', numbers: lossy },
    { name: 'late joining, combinations only', numbers: lossy.map((_, i) => sourceFrames + i) },
  ].map(({ name, numbers }): Subject => {
    const frames = numbers.map((number) => animation.frame(number));
    return { name, operation: () => decode(animation.receive(), frames) };
  });
  const samples = await measureInTurns(subjects, EFFORT);
  const costs = subjects.map(({ name }) => ({ name, ms: 1000 / median(samples.get(name) ?? []) }));
  const worst = Math.max(...costs.map(({ ms }) => ms));
  return {
    measurements: costs.map(({ name, ms }) => ({
      bench: 'qr',
      case: `decode 50 KB, ${name}`,
      subject: 'waypost',
      value: ms,
      unit: 'ms of CPU',
    })),
    bars: [
      {
        bench: 'qr',
        bar: 'decode 50 KB, ms of CPU',
        value: worst,
        limit: LIMIT_MS,
        relation: '<=',
        holds: worst <= LIMIT_MS,
      },
    ],
  };
}

function decode(take: (frame: unknown) => boolean, frames: readonly unknown[]): void {
  for (const frame of frames) if (take(frame)) return;
  throw new Error('the frames are not enough');
}

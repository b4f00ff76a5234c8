import { randomFrom } from '../../crash/random.js';
import { randomBytesOf } from '../../support/random.js';
import type { Bar, BenchReport, Measurement } from '../report.js';
import { type Animation, type Code, LAST_FRAME, openCodes } from './codes.js';

const SIZES = [2000, 10_000, 50_000];
const WAYS: readonly { readonly name: string; readonly loss: number; readonly joinsLate: boolean }[] = [
  { name: 'no loss', loss: 0, joinsLate: false },
  { name: '10 % loss', loss: 0.1, joinsLate: false },
  { name: '30 % loss', loss: 0.3, joinsLate: false },
  { name: '50 % loss', loss: 0.5, joinsLate: false },
  { name: 'late joining', loss: 0, joinsLate: true },
];

interface Result {
  readonly code: string;
  readonly bytes: number;
  readonly way: string;
  readonly sourceFrames: number;
  /** Frames received, one number a trial, sorted. */
  readonly received: readonly number[];
}

/** Frames that have to be received, over the number that the message is in. */
export async function measureFrames(): Promise<BenchReport> {
  const results = (await openCodes()).flatMap((code) => SIZES.flatMap((bytes) => measureCode(code, bytes)));
  return { measurements: results.flatMap(measurementsOf), bars: barsOf(results) };
}

function measureCode(code: Code, bytes: number): Result[] {
  const random = randomFrom(bytes);
  const animation = code.open(randomBytesOf(random, bytes));
  return WAYS.map(({ name, loss, joinsLate }) => {
    const received = Array.from({ length: code.trials }, () => {
      const furthest = animation.sourceFrames * (LAST_FRAME - 6);
      return receive(animation, joinsLate ? Math.floor(random() * furthest) : 0, loss, random);
    });
    received.sort((a, b) => a - b);
    return { code: code.name, bytes, way: name, sourceFrames: animation.sourceFrames, received };
  });
}

function receive(animation: Animation, from: number, loss: number, random: () => number): number {
  const take = animation.receive();
  let received = 0;
  for (let number = from; ; number++) {
    if (random() < loss) continue;
    received++;
    if (take(animation.frame(number))) return received;
    if (received > animation.sourceFrames * LAST_FRAME) throw new Error('a message does not arrive');
  }
}

function measurementsOf({ code, bytes, way, sourceFrames, received }: Result): Measurement[] {
  const row = (what: string, value: number): Measurement => ({
    bench: 'qr',
    case: `${bytes / 1000} KB, ${way}, ${what}`,
    subject: code,
    value,
    unit: what === 'frames received' ? 'frames' : 'frames received / frames of the message',
  });
  return [
    row('mean', mean(received) / sourceFrames),
    row('p99', percentile99(received) / sourceFrames),
    row('frames received', mean(received)),
  ];
}

function barsOf(results: readonly Result[]): Bar[] {
  const ours = results.filter(({ code, sourceFrames }) => code === 'waypost' && sourceFrames >= 13);
  const worst = (of: (received: readonly number[]) => number) =>
    Math.max(...ours.map(({ received, sourceFrames }) => of(received) / sourceFrames));
  const at30 = (name: string) =>
    results.find(({ code, bytes, way }) => code === name && bytes === 50_000 && way === '30 % loss')?.received ?? [];
  const bar = (text: string, value: number, limit: number): Bar => {
    return { bench: 'qr', bar: text, value, limit, relation: '<=', holds: value <= limit };
  };
  return [
    // The mean of all that is needed beyond a whole frame: to two digits 1.00.
    bar('frames received over frames, from 13 on, mean (worst way)', worst(mean), 1.005),
    bar('frames received over frames, from 13 on, p99 (worst way)', worst(percentile99), 1.02),
    bar("50 KB at 30 % loss: frames over bc-ur's", mean(at30('waypost')) / mean(at30('bc-ur')), 0.6),
  ];
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function percentile99(sorted: readonly number[]): number {
  return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN;
}

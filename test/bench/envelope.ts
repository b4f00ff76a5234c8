import {
  BARE,
  CASES,
  DIDCOMM_NODE,
  type EnvelopeCase,
  nameOf,
  nobleSubjectsOf,
  subjectsOf,
  WAYPOST,
} from './envelope/cases.js';
import { type Effort, measureInTurns, median, medianRatio } from './measure.js';
import type { Bar, BenchReport, Measurement } from './report.js';

/*
 * What an envelope costs, beside another implementation and beside the cryptography alone. Everybody who takes part is
 * a did:peer:2 that has been met before; each operation includes resolving it.
 */

const BENCH = 'envelope';
const UNIT = 'op/CPU-s';

/** Enough for a table; a case that a bar stands on is measured longer, against noise. */
const QUICK: Effort = { rounds: 5, warmUpRounds: 1, sliceMs: 30 };
const THOROUGH: Effort = { rounds: 15, warmUpRounds: 5, sliceMs: 150 };

type Samples = ReadonlyMap<string, readonly number[]>;

/** Measures every case and judges the bars. Takes less than 90 seconds. */
export async function runEnvelopeBench(): Promise<BenchReport> {
  const measurements: Measurement[] = [];
  const bars: Bar[] = [];
  for (const of of CASES) {
    const subjects = await subjectsOf(of);
    const noble = hasBars(of) ? await nobleSubjectsOf(of) : undefined;
    for (const step of ['pack', 'unpack'] as const) {
      const name = `${nameOf(of)}: ${step}`;
      const samples = await measureInTurns(subjects[step], hasBars(of) ? THOROUGH : QUICK);
      measurements.push(...measurementsOf(name, samples));
      if (hasBars(of)) bars.push(...barsOf(step, samples));
      // By itself: what is slow would leave its traces in the turns of the others.
      if (noble !== undefined) measurements.push(...measurementsOf(name, await measureInTurns(noble[step], QUICK)));
    }
  }
  return { measurements, bars };
}

function hasBars({ kind, bodyBytes, keys }: EnvelopeCase): boolean {
  return kind === 'authcrypt' && bodyBytes === 256 && keys === 1;
}

function measurementsOf(name: string, samples: Samples): Measurement[] {
  return [...samples].map(([subject, values]) => {
    return { bench: BENCH, case: name, subject, value: Math.round(median(values)), unit: UNIT };
  });
}

function barsOf(step: 'pack' | 'unpack', samples: Samples): Bar[] {
  const ratioTo = (subject: string): number => medianRatio(samples.get(WAYPOST) ?? [], samples.get(subject) ?? []);
  const bar = (subject: string, limit: number): Bar => {
    const value = ratioTo(subject);
    return { bench: BENCH, bar: `authcrypt ${step}: ${WAYPOST} / ${subject}`, value, limit, holds: value >= limit };
  };
  return [bar(DIDCOMM_NODE, step === 'pack' ? 4 : 5), bar(BARE, 0.6)];
}

import { BARE, CASES, DIDCOMM_NODE, type EnvelopeCase, nameOf, subjectsOf, WAYPOST } from './envelope/cases.js';
import { type Effort, measureInTurns, median, medianRatio, type Subject } from './measure.js';
import type { Bar, BenchReport, Measurement } from './report.js';

/*
 * What an envelope costs, beside another implementation and beside the cryptography alone. Everybody who takes part is
 * a did:peer:2 that has been met before; each operation includes resolving it.
 */

const BENCH = 'envelope';
const UNIT = 'op/CPU-s';

/** Enough for a table; a case that a bar stands on is measured longer, against noise. */
const QUICK: Effort = { rounds: 5, sliceMs: 40 };
const THOROUGH: Effort = { rounds: 15, sliceMs: 60 };

type Samples = ReadonlyMap<string, readonly number[]>;

/** Measures every case and judges the bars. Takes less than 90 seconds. */
export async function runEnvelopeBench(): Promise<BenchReport> {
  const measurements: Measurement[] = [];
  const bars: Bar[] = [];
  for (const of of CASES) {
    const isBarred = hasBars(of);
    const subjects = await subjectsOf(of, isBarred);
    const effort = isBarred ? THOROUGH : QUICK;
    for (const step of ['pack', 'unpack'] as const) {
      const samples = await measureInTurns(subjects[step], effort);
      measurements.push(...measurementsOf(`${nameOf(of)}: ${step}`, subjects[step], samples));
      if (isBarred) bars.push(...barsOf(step, samples));
    }
  }
  return { measurements, bars };
}

function hasBars({ kind, bodyBytes, keys }: EnvelopeCase): boolean {
  return kind === 'authcrypt' && bodyBytes === 256 && keys === 1;
}

function measurementsOf(name: string, subjects: readonly Subject[], samples: Samples): Measurement[] {
  return subjects.map(({ name: subject }) => {
    const value = Math.round(median(samples.get(subject) ?? []));
    return { bench: BENCH, case: name, subject, value, unit: UNIT };
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

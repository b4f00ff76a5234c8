/** Something to measure: one call is one operation. */
export interface Subject {
  readonly name: string;
  operation(): unknown;
}

export interface Effort {
  /** Rounds that count, after as many as `warmUpRounds` that do not: compilers and caches need their time. */
  readonly rounds: number;
  readonly warmUpRounds: number;
  /** CPU time for one subject in one round. */
  readonly sliceMs: number;
}

/** On a busy machine a slice of CPU time is waited for this many times as long. */
const PATIENCE = 3;
const LOOK_AT_THE_CLOCK_EVERY_MS = 5;

/**
 * Operations per second of CPU time (user and system, all threads), one number a round for each subject by its name.
 *
 * The subjects take turns in short slices, because machines are noisy: whatever disturbs a round disturbs all of
 * them, so that the ratio of two subjects within a round says more than either number. Each round starts with another
 * one, because whoever comes next also collects the garbage of the one before.
 */
export async function measureInTurns(
  subjects: readonly Subject[],
  { rounds, warmUpRounds, sliceMs }: Effort,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const samples = new Map<string, number[]>(subjects.map((subject) => [subject.name, []]));
  for (let round = -warmUpRounds; round < rounds; round++) {
    const first = (round + warmUpRounds) % subjects.length;
    for (const subject of [...subjects.slice(first), ...subjects.slice(0, first)]) {
      const sample = await measureSlice(subject, sliceMs);
      if (round >= 0) samples.get(subject.name)?.push(sample);
    }
  }
  return samples;
}

async function measureSlice(subject: Subject, sliceMs: number): Promise<number> {
  const deadline = performance.now() + PATIENCE * sliceMs;
  const before = process.cpuUsage();
  let operations = 0;
  let usedMs: number;
  do {
    operations += await repeatFor(subject, LOOK_AT_THE_CLOCK_EVERY_MS);
    const { user, system } = process.cpuUsage(before);
    usedMs = (user + system) / 1e3;
  } while (usedMs < sliceMs && performance.now() < deadline);
  return operations / (usedMs / 1e3);
}

async function repeatFor(subject: Subject, durationMs: number): Promise<number> {
  const end = performance.now() + durationMs;
  let operations = 0;
  do {
    const pending = subject.operation();
    // What is synchronous is not made to wait for its turn among the microtasks.
    if (pending instanceof Promise) await pending;
    operations++;
  } while (performance.now() < end);
  return operations;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** The median over the rounds of `a` divided by `b`. */
export function medianRatio(a: readonly number[], b: readonly number[]): number {
  return median(a.map((value, round) => value / (b[round] ?? Number.NaN)));
}

/** Something to measure: one call is one operation. */
export interface Subject {
  readonly name: string;
  operation(): unknown;
}

export interface Effort {
  readonly rounds: number;
  /** Wall time for one subject in one round. */
  readonly sliceMs: number;
}

/**
 * Operations per second of CPU time (user and system, all threads), one number a round for each subject by its name.
 *
 * The subjects take turns in short slices, because machines are noisy: whatever disturbs a round disturbs all of
 * them, so that the ratio of two subjects within a round says more than either number. One round before is not counted.
 */
export async function measureInTurns(
  subjects: readonly Subject[],
  { rounds, sliceMs }: Effort,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const samples = new Map<string, number[]>(subjects.map((subject) => [subject.name, []]));
  for (const subject of subjects) await measureSlice(subject, sliceMs);
  for (let round = 0; round < rounds; round++) {
    for (const subject of subjects) samples.get(subject.name)?.push(await measureSlice(subject, sliceMs));
  }
  return samples;
}

async function measureSlice(subject: Subject, sliceMs: number): Promise<number> {
  const end = performance.now() + sliceMs;
  const before = process.cpuUsage();
  let operations = 0;
  do {
    const pending = subject.operation();
    // What is synchronous is not made to wait for a turn of the event loop's microtasks.
    if (pending instanceof Promise) await pending;
    operations++;
  } while (performance.now() < end);
  const { user, system } = process.cpuUsage(before);
  return operations / ((user + system) / 1e6);
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

import { median } from '../measure.js';
import type { MeasuredGateway } from './process.js';

/** What was done, as whoever did it saw it. */
export interface Work {
  readonly messages: number;
  readonly seconds: number;
  /** Of each request. */
  readonly latenciesMs: readonly number[];
}

/** What it was for the gateway. */
export interface Load {
  readonly perSecond: number;
  readonly perCpuSecond: number;
  /** How many processors the gateway used on average. */
  readonly processors: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly peakResidentBytes: number;
}

const SAMPLE_MS = 100;

/** Watches the gateway while `run` makes it work. */
export async function measureLoad(gateway: MeasuredGateway, run: () => Promise<Work>): Promise<Load> {
  let peakResidentBytes = 0;
  const sampler = setInterval(async () => {
    peakResidentBytes = Math.max(peakResidentBytes, await gateway.residentBytes());
  }, SAMPLE_MS);
  const cpuBefore = await gateway.cpuSeconds();
  const { messages, seconds, latenciesMs } = await run();
  const cpuSeconds = (await gateway.cpuSeconds()) - cpuBefore;
  clearInterval(sampler);
  const sorted = latenciesMs.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
  return {
    perSecond: messages / seconds,
    perCpuSecond: messages / cpuSeconds,
    processors: cpuSeconds / seconds,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    peakResidentBytes,
  };
}

/** Calls `operation` for all items at the same time; it gives how many messages it was. */
export async function workOn<T>(items: readonly T[], operation: (item: T) => Promise<number>): Promise<Work> {
  const startedAtMs = performance.now();
  const latenciesMs: number[] = [];
  const counts = await Promise.all(
    items.map(async (item) => {
      const count = await operation(item);
      latenciesMs.push(performance.now() - startedAtMs);
      return count;
    }),
  );
  const messages = counts.reduce((sum, count) => sum + count, 0);
  return { messages, seconds: (performance.now() - startedAtMs) / 1000, latenciesMs };
}

/** The median of several rounds, figure by figure; of the memory the most. */
export function summarise(loads: readonly Load[]): Load {
  const of = (figure: keyof Load) => median(loads.map((load) => load[figure]));
  return {
    perSecond: of('perSecond'),
    perCpuSecond: of('perCpuSecond'),
    processors: of('processors'),
    p50Ms: of('p50Ms'),
    p99Ms: of('p99Ms'),
    peakResidentBytes: Math.max(...loads.map(({ peakResidentBytes }) => peakResidentBytes)),
  };
}

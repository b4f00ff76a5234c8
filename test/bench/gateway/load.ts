import type { MeasuredGateway } from './process.js';

export interface Load {
  readonly perSecond: number;
  readonly perCpuSecond: number;
  /** How many processors the gateway used on average. */
  readonly processors: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly peakResidentBytes: number;
}

const SAMPLE_MS = 200;

/** Runs `operation` for each item, `concurrency` at a time; it gives how many messages it was. */
export async function measureLoad<T>(
  gateway: MeasuredGateway,
  items: readonly T[],
  concurrency: number,
  operation: (item: T) => Promise<number>,
): Promise<Load> {
  const latencies: number[] = [];
  let next = 0;
  let messages = 0;
  let peakResidentBytes = 0;
  const sampler = setInterval(async () => {
    peakResidentBytes = Math.max(peakResidentBytes, await gateway.residentBytes());
  }, SAMPLE_MS);
  const cpuBefore = await gateway.cpuSeconds();
  const startedAtMs = performance.now();
  const work = async () => {
    for (;;) {
      const item = items[next++];
      if (item === undefined) return;
      const atMs = performance.now();
      const count = await operation(item);
      messages += count;
      latencies.push(performance.now() - atMs);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  const seconds = (performance.now() - startedAtMs) / 1000;
  const cpuSeconds = (await gateway.cpuSeconds()) - cpuBefore;
  clearInterval(sampler);
  latencies.sort((a, b) => a - b);
  const at = (part: number) =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * part))] ?? Number.NaN;
  return {
    perSecond: messages / seconds,
    perCpuSecond: messages / cpuSeconds,
    processors: cpuSeconds / seconds,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    peakResidentBytes,
  };
}

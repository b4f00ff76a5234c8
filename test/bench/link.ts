import { benchCodecs } from './link/codecs.js';
import { measureGoodput } from './link/goodput.js';
import type { BenchReport } from './report.js';

/** What links cost: each section measures one thing and judges its own bars. */
export async function runLinkBench(): Promise<BenchReport> {
  const sections = [measureGoodput(), await benchCodecs()];
  return {
    measurements: sections.flatMap(({ measurements }) => measurements),
    bars: sections.flatMap(({ bars }) => bars),
  };
}

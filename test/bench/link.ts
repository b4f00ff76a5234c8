import { benchCodecs } from './link/codecs.js';
import type { BenchReport } from './report.js';

/** What the layer of links does; each section is a file in `link/`. */
export async function runLinkBench(): Promise<BenchReport> {
  const sections = [await benchCodecs()];
  return {
    measurements: sections.flatMap(({ measurements }) => measurements),
    bars: sections.flatMap(({ bars }) => bars),
  };
}

import { parseArgs } from 'node:util';
import { runEnvelopeBench } from './envelope.js';
import { type BenchReport, formatReport, toJson } from './report.js';

/** The areas that can be measured, by the name they have on the command line. */
const AREAS: ReadonlyMap<string, () => Promise<BenchReport>> = new Map([['envelope', runEnvelopeBench]]);

/**
 * Runs the benchmark of one area: `AREA [--json]`. Prints its report to stdout and never fails because something was
 * slow: a bar that does not hold is reported, not thrown, since the next run on a quieter machine may tell otherwise.
 */
export async function run(args: readonly string[]): Promise<void> {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false } },
  });
  const bench = AREAS.get(positionals[0] ?? '');
  if (bench === undefined) {
    console.error(`usage: npm run bench -- AREA [--json], where AREA is one of: ${[...AREAS.keys()].join(', ')}`);
    process.exitCode = 2;
    return;
  }
  const report = await bench();
  console.log(values.json ? toJson(report) : formatReport(report));
}

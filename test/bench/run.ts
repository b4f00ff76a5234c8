import { parseArgs } from 'node:util';
import { isWaypostError } from '../../src/core/errors.js';
import { runBleBench } from './ble.js';
import { runEnvelopeBench } from './envelope.js';
import { runGatewayBench } from './gateway.js';
import { runHttpBench } from './http.js';
import { runLinkBench } from './link.js';
import { runMqttBench } from './mqtt.js';
import { runQrBench } from './qr.js';
import { type BenchReport, formatReport, toJson } from './report.js';
import { runSensorBench } from './sensor.js';

/** The areas that can be measured, by the name they have on the command line. */
const AREAS: ReadonlyMap<string, (options: { readonly isFull: boolean }) => Promise<BenchReport>> = new Map([
  ['ble', runBleBench],
  ['envelope', runEnvelopeBench],
  ['gateway', runGatewayBench],
  ['http', runHttpBench],
  ['link', runLinkBench],
  ['mqtt', runMqttBench],
  ['qr', runQrBench],
  ['sensor', runSensorBench],
]);

/**
 * Runs the benchmark of one area: `AREA [--json] [--full]`. Prints its report to stdout and never fails because something was
 * slow: a bar that does not hold is reported, not thrown, since the next run on a quieter machine may tell otherwise.
 */
export async function run(args: readonly string[]): Promise<void> {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false }, full: { type: 'boolean', default: false } },
  });
  const bench = AREAS.get(positionals[0] ?? '');
  if (bench === undefined) {
    console.error(
      `usage: npm run bench -- AREA [--json] [--full], where AREA is one of: ${[...AREAS.keys()].join(', ')}`,
    );
    process.exitCode = 2;
    return;
  }
  try {
    const report = await bench({ isFull: values.full });
    console.log(values.json ? toJson(report) : formatReport(report));
  } catch (error) {
    if (!isWaypostError(error)) throw error;
    // Something that this machine does not have, such as an optional package: nothing to look for in a stack.
    console.error(`${positionals[0]}: ${error.message} (${error.code})`);
    process.exitCode = 1;
  }
}

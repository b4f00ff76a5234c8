import { WaypostError } from '../../core/errors.js';
import { createNodePrimitives } from '../../crypto/node.js';
import { shortFormOf } from '../../did/short-form.js';
import { outboundTo } from '../../router/destination.js';
import type { AddCommand } from '../command.js';
import { EXIT, type Io, writeJson } from '../io.js';
import { type ExportReport, exportMessages } from '../stick/export-messages.js';
import { openStick } from '../stick/stick.js';
import { withOperator } from './operator-command.js';
import { addDataOption, addJsonOption, addPassphraseOption, collect, type DataOptions } from './options.js';

interface Options extends DataOptions {
  to?: string;
  for?: string[];
  json?: boolean;
}

export const addExportCommand: AddCommand = (program, io, finish) => {
  const command = program
    .command('export')
    .description(
      'Writes what waits here onto a stick. It stays here too until the stick brings its acknowledgement back.',
    )
    .option('--to <dir>', 'a folder on the stick')
    .option('--for <did>', 'only what is for this DID, as "queue ls" shows it (repeatable)', collect);
  addJsonOption(addPassphraseOption(addDataOption(command))).action(async (options: Options) => {
    const { to } = options;
    if (to === undefined) throw new WaypostError('ERR_USAGE', 'export needs --to DIR');
    const report: ExportReport = { written: 0, present: 0, removed: 0 };
    try {
      await withOperator(
        io,
        options,
        'export',
        async (operator) => {
          const { did } = await operator.status();
          await using stick = await openStick(to, did);
          await exportMessages(operator, stick, wantedBy(options.for), report);
        },
        true,
      );
    } finally {
      showReport(io, report, options.json === true);
    }
    finish(EXIT.done);
  });
};

function wantedBy(dids: readonly string[] | undefined): (destination: string) => boolean {
  if (dids === undefined) return () => true;
  const primitives = createNodePrimitives();
  const names = new Set(
    dids.map((did) => shortFormOf(primitives, did) ?? did).flatMap((did) => [did, outboundTo(did)]),
  );
  return (destination) => names.has(destination);
}

function showReport(io: Io, report: ExportReport, json: boolean): void {
  if (json) {
    writeJson(io, report);
    return;
  }
  const { written, present, removed } = report;
  io.stdout.write(
    `${written} messages written, ${present} were there already, ${removed} acknowledged ones removed.\n`,
  );
}

import type { AddCommand } from '../command.js';
import { lockDataFolder } from '../data-folder/lock.js';
import { EXIT, type Io, writeJson } from '../io.js';
import { importMail } from '../mailbox/import-mail.js';
import { isMailbox } from '../mailbox/mediator-file.js';
import { Seen } from '../mailbox/seen.js';
import type { Operator } from '../operator/operator.js';
import { openAll } from '../run/cleanup.js';
import { type ImportReport, importMessages, newImportReport } from '../stick/import-messages.js';
import { openStick } from '../stick/stick.js';
import { openCorrespondent } from './mailbox-options.js';
import { withOperator } from './operator-command.js';
import {
  addDataOption,
  addJsonOption,
  addPassphraseOption,
  type DataContext,
  type DataOptions,
  dataContext,
} from './options.js';
import { printable, showMessage } from './show-message.js';

interface Options extends DataOptions {
  relay?: boolean;
  json?: boolean;
}

const MAX_SHOWN = 20;

export const addImportCommand: AddCommand = (program, io, finish) => {
  const command = program
    .command('import')
    .description(
      'Takes the messages that a stick brings, into a gateway or the mailbox of "recv". Exit code 3: not all, for now.',
    )
    .argument('<dir...>', 'folders on the stick')
    .option('--relay', 'also take messages for others who can be reached from this gateway');
  addJsonOption(addPassphraseOption(addDataOption(command))).action(async (folders: string[], options: Options) => {
    const context = await dataContext(options, io);
    const report = newImportReport();
    try {
      if (await isMailbox(context.folder)) await intoMailbox(io, folders, options, context, report);
      else await intoGateway(io, folders, options, report);
    } finally {
      showReport(io, report, options.json === true);
    }
    finish(report.skipped.some(({ retryable }) => retryable) ? EXIT.notNow : EXIT.done);
  });
};

async function intoGateway(io: Io, folders: readonly string[], options: Options, report: ImportReport): Promise<void> {
  const take = async (operator: Operator, folder: string): Promise<void> => {
    const { did } = await operator.status();
    await using stick = await openStick(folder, did);
    await importMessages(operator, stick, options.relay === true, report);
  };
  const takeAll = async (operator: Operator): Promise<void> => {
    for (const folder of folders) await take(operator, folder);
  };
  await withOperator(io, options, 'import', takeAll, true);
}

async function intoMailbox(
  io: Io,
  folders: readonly string[],
  options: Options,
  context: DataContext,
  report: ImportReport,
): Promise<void> {
  await openAll(async (cleanup) => {
    const { correspondent } = await openCorrespondent(io, options, context, cleanup);
    cleanup.use(await lockDataFolder(context.folder, 'import'));
    const seen = await Seen.open(context.folder);
    const show = (unpacked: Parameters<typeof showMessage>[1]) => showMessage(io, unpacked, options.json === true);
    const take = async (folder: string): Promise<void> => {
      await using stick = await openStick(folder, correspondent.did);
      await importMail({ correspondent, stick, seen, show, report });
    };
    for (const folder of folders) await take(folder);
    await cleanup[Symbol.asyncDispose]();
  });
}

function showReport(io: Io, report: ImportReport, json: boolean): void {
  const { stored, duplicates, handled, receipts, removed, others, skipped } = report;
  if (json) {
    writeJson(io, report);
    return;
  }
  const taken = `${stored + handled} messages taken, ${duplicates} were here already`;
  io.stdout.write(`${taken}; ${receipts} acknowledgements written, ${removed} files removed.\n`);
  if (others > 0) io.stdout.write(`${others} messages are for others and stay on the stick.\n`);
  if (skipped.length === 0) return;
  io.stdout.write(`${skipped.length} were passed over:\n`);
  for (const { code, message } of skipped.slice(0, MAX_SHOWN)) io.stdout.write(`  ${code} ${printable(message)}\n`);
  if (skipped.length > MAX_SHOWN) io.stdout.write(`  and ${skipped.length - MAX_SHOWN} more; --json shows all\n`);
}

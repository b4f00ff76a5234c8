import { toBase64url } from '../../core/base64url.js';
import type { Unpacked } from '../../envelope/unpack.js';
import type { AddCommand } from '../command.js';
import { lockDataFolder } from '../data-folder/lock.js';
import { EXIT, type Io, writeJson } from '../io.js';
import { type ImportMailOptions, importMail, takeMail } from '../mailbox/import-mail.js';
import { isMailbox } from '../mailbox/mediator-file.js';
import { Seen } from '../mailbox/seen.js';
import type { Operator } from '../operator/operator.js';
import { openAll } from '../run/cleanup.js';
import { takeFromPictures } from '../stick/codes.js';
import { type GivenPaths, readMessageFile, sortPaths } from '../stick/given-paths.js';
import { countTaken, type ImportReport, importMessages, newImportReport } from '../stick/import-messages.js';
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
import { countOf } from './show.js';
import { printable, showMessage } from './show-message.js';

interface Options extends DataOptions {
  qr?: boolean;
  relay?: boolean;
  json?: boolean;
}

/** Whoever takes messages: a gateway or a mailbox. */
interface Taker {
  takeStick(folder: string): Promise<void>;
  take(message: Uint8Array, name: string): Promise<unknown>;
}

const MAX_SHOWN = 20;

export const addImportCommand: AddCommand = (program, io, finish) => {
  const command = program
    .command('import')
    .description(
      'Takes the messages that somebody brings, into a gateway or the mailbox of "recv". Exit code 3: not all, for now.',
    )
    .argument('<path...>', 'folders on a stick, message files, or pictures of QR codes')
    .option('--qr', 'folders hold pictures of QR codes')
    .option('--relay', 'a gateway also takes messages for others who can be reached from it');
  addJsonOption(addPassphraseOption(addDataOption(command))).action(async (paths: string[], options: Options) => {
    const context = await dataContext(options, io);
    const given = await sortPaths(paths, options.qr === true);
    const report = newImportReport();
    try {
      if (await isMailbox(context.folder)) await intoMailbox(io, given, options, context, report);
      else await intoGateway(io, given, options, report);
    } finally {
      showReport(io, report, options.json === true);
    }
    finish(report.skipped.some(({ retryable }) => retryable) ? EXIT.notNow : EXIT.done);
  });
};

async function takeAll({ folders, pictures, files }: GivenPaths, taker: Taker, report: ImportReport): Promise<void> {
  for (const folder of folders) await taker.takeStick(folder);
  for (const file of files) await taker.take(await readMessageFile(file), file);
  if (pictures.length === 0) return;
  const take = async (message: Uint8Array): Promise<void> => void (await taker.take(message, 'a message in pictures'));
  await takeFromPictures(pictures, take, report);
}

async function intoGateway(io: Io, given: GivenPaths, options: Options, report: ImportReport): Promise<void> {
  const isForAnybody = options.relay === true;
  const use = async (operator: Operator): Promise<void> => {
    const { did } = await operator.status();
    const taker: Taker = {
      async takeStick(folder) {
        await using stick = await openStick(folder, did);
        await importMessages(operator, stick, isForAnybody, report);
      },
      async take(message, name) {
        countTaken(report, await operator.take(toBase64url(message), isForAnybody), name);
      },
    };
    await takeAll(given, taker, report);
  };
  await withOperator(io, options, 'import', use, true);
}

async function intoMailbox(
  io: Io,
  given: GivenPaths,
  options: Options,
  context: DataContext,
  report: ImportReport,
): Promise<void> {
  await openAll(async (cleanup) => {
    const { correspondent } = await openCorrespondent(io, options, context, cleanup);
    cleanup.use(await lockDataFolder(context.folder, 'import'));
    const show = (unpacked: Unpacked): void => showMessage(io, unpacked, options.json === true);
    const mail: ImportMailOptions = { correspondent, seen: await Seen.open(context.folder), show, report };
    const taker: Taker = {
      async takeStick(folder) {
        await using stick = await openStick(folder, correspondent.did);
        await importMail(mail, stick);
      },
      take: (message, name) => takeMail(mail, message, name),
    };
    await takeAll(given, taker, report);
    await cleanup[Symbol.asyncDispose]();
  });
}

function showReport(io: Io, report: ImportReport, json: boolean): void {
  const { stored, duplicates, handled, receipts, removed, others, skipped } = report;
  if (json) {
    writeJson(io, report);
    return;
  }
  const taken = `${countOf(stored + handled, 'message')} taken, ${duplicates} here already`;
  io.stdout.write(`${taken}; ${countOf(receipts, 'acknowledgement')} written, ${countOf(removed, 'file')} removed.\n`);
  if (others > 0) io.stdout.write(`Left alone because they are for others: ${countOf(others, 'message')}.\n`);
  if (skipped.length === 0) return;
  io.stdout.write(`Passed over: ${skipped.length}\n`);
  for (const { code, message } of skipped.slice(0, MAX_SHOWN)) io.stdout.write(`  ${code} ${printable(message)}\n`);
  if (skipped.length > MAX_SHOWN) io.stdout.write(`  and ${skipped.length - MAX_SHOWN} more; --json shows all\n`);
}

import { setTimeout as sleep } from 'node:timers/promises';
import { qrCodes } from '../../../transports/index.js';
import { WaypostError } from '../../core/errors.js';
import { outboundTo } from '../../router/destination.js';
import type { AddCommand } from '../command.js';
import { EXIT, type Io, writeJson } from '../io.js';
import type { Operator } from '../operator/operator.js';
import { messagesToShow } from '../stick/codes.js';
import { type ExportReport, exportMessages } from '../stick/export-messages.js';
import { openStick } from '../stick/stick.js';
import { canonicalDid } from './list-options.js';
import { withOperator } from './operator-command.js';
import {
  addDataOption,
  addJsonOption,
  addPassphraseOption,
  collect,
  type DataOptions,
  wholeNumber,
} from './options.js';
import { countOf } from './show.js';

interface Options extends DataOptions {
  to?: string;
  qr?: boolean;
  qrPage?: string;
  qrPictures?: string;
  rounds?: number;
  for?: string[];
  json?: boolean;
}

const WAYS = ['to', 'qr', 'qrPage', 'qrPictures'] as const;

export const addExportCommand: AddCommand = (program, io, finish) => {
  const command = program
    .command('export')
    .description(
      'Writes what waits here onto a stick, or shows it as QR codes. It stays here too until its acknowledgement is back.',
    )
    .option('--to <dir>', 'a folder on the stick')
    .option('--qr', 'show it on this terminal, until Ctrl-C')
    .option('--rounds <n>', 'with --qr: end after so many rounds', wholeNumber(6))
    .option('--qr-page <file>', 'write a page that shows it in any browser')
    .option('--qr-pictures <dir>', 'write the codes as PNG pictures into a folder')
    .option('--for <did>', 'only what is for this DID, as "queue ls" shows it (repeatable)', collect);
  addJsonOption(addPassphraseOption(addDataOption(command))).action(async (options: Options) => {
    if (WAYS.filter((way) => options[way] !== undefined).length !== 1) {
      throw new WaypostError('ERR_USAGE', 'export needs one of --to, --qr, --qr-page and --qr-pictures');
    }
    const { to } = options;
    if (to === undefined) await showCodes(io, options);
    else await writeStick(io, options, to);
    finish(EXIT.done);
  });
};

async function writeStick(io: Io, options: Options, to: string): Promise<void> {
  const report: ExportReport = { written: 0, present: 0, removed: 0 };
  const use = async (operator: Operator): Promise<void> => {
    const { did } = await operator.status();
    await using stick = await openStick(to, did);
    await exportMessages(operator, stick, wantedBy(options.for), report);
  };
  try {
    await withOperator(io, options, 'export', use);
  } finally {
    const { written, present, removed } = report;
    if (options.json === true) writeJson(io, report);
    else {
      io.stdout.write(
        `${countOf(written, 'message')} written, ${present} there already, ${removed} removed as acknowledged.\n`,
      );
    }
  }
}

async function showCodes(io: Io, options: Options): Promise<void> {
  const { qrPage, qrPictures } = options;
  const use = (operator: Operator) => messagesToShow(operator, wantedBy(options.for));
  const messages = await withOperator(io, options, 'export', use);
  if (messages.length > 0) {
    if (qrPage !== undefined) await qrCodes.writePage(messages, qrPage);
    else if (qrPictures !== undefined) await qrCodes.writePictures(messages, qrPictures);
    else await showOnTerminal(io, messages, options.rounds);
  }
  if (options.json === true) writeJson(io, { shown: messages.length });
  else
    io.stdout.write(
      messages.length === 0 ? 'Nothing waits.\n' : `${countOf(messages.length, 'message')} in QR codes.\n`,
    );
}

/** Ends by itself after `rounds`, and in any case by Ctrl-C, which is how it is meant to end. */
async function showOnTerminal({ stdout }: Io, messages: readonly Uint8Array[], rounds = Infinity): Promise<void> {
  const enough = new AbortController();
  const stop = (): void => enough.abort();
  process.once('SIGINT', stop);
  try {
    await qrCodes.showOnTerminal(messages, {
      terminal: {
        get columns() {
          return stdout.columns ?? 0;
        },
        get rows() {
          return stdout.rows ?? 0;
        },
        write(text, done) {
          stdout.write(text);
          done();
          return true;
        },
      },
      timers: { now: () => performance.now(), sleep: (ms, signal) => sleep(ms, undefined, { signal }) },
      rounds,
      signal: enough.signal,
    });
  } catch (error) {
    if (!enough.signal.aborted) throw error;
  } finally {
    process.removeListener('SIGINT', stop);
  }
}

function wantedBy(dids: readonly string[] | undefined): (destination: string) => boolean {
  if (dids === undefined) return () => true;
  const names = new Set(dids.map(canonicalDid).flatMap((did) => [did, outboundTo(did)]));
  return (destination) => names.has(destination);
}

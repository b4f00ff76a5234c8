import { WaypostError } from '../../core/errors.js';
import { isDidWithoutFragment } from '../../envelope/did-url.js';
import { sendText } from '../../mailbox/send.js';
import type { AddCommand } from '../command.js';
import { EXIT, type Io, writeJson } from '../io.js';
import type { WatchEnd } from '../mailbox/watch/ends.js';
import { watchText } from '../mailbox/watch/watch.js';
import { openAll } from '../run/cleanup.js';
import {
  addMailboxOptions,
  type MailboxOptions,
  type OpenCorrespondent,
  openCorrespondent,
} from './mailbox-options.js';
import { dataContext, secondsUpTo } from './options.js';
import { END_WORDS, showSighting } from './show-sighting.js';

const MAX_SECONDS = 2_000_000;
const WATCH_SECONDS = 60;

interface Options extends MailboxOptions {
  to: string;
  watch?: boolean;
  timeout?: number;
}

/** By how watching ended: what may still come is another day's matter, what is lost is a failure. */
const EXIT_OF: { readonly [end in WatchEnd]: number } = {
  delivered: EXIT.done,
  untold: EXIT.done,
  late: EXIT.notNow,
  dropped: EXIT.failed,
};

export const addSendCommand: AddCommand = (program, io, finish) => {
  const command = program
    .command('send')
    .description(
      'Sends a text, as a small agent with a data folder of its own. Exit code 3: nobody could be reached; ' +
        'with --watch also: not yet delivered when the time was over. 1: lost on the way.',
    )
    .argument('<text>')
    .requiredOption('--to <did>', 'the recipient, such as the DID that "recv" shows')
    .option('--watch', 'say where the message is, as the stations on its way sign it, until it is delivered')
    .option('--timeout <seconds>', `with --watch: how long; default: ${WATCH_SECONDS}`, secondsUpTo(MAX_SECONDS));
  addMailboxOptions(command).action(async (text: string, options: Options) => {
    const { to } = options;
    if (!isDidWithoutFragment(to)) throw new WaypostError('ERR_USAGE', '--to needs a DID without a fragment');
    if (options.timeout !== undefined && options.watch !== true) {
      throw new WaypostError('ERR_USAGE', '--timeout says how long to --watch');
    }
    const context = await dataContext(options, io);
    const code = await openAll(async (cleanup) => {
      const open = await openCorrespondent(io, options, context, cleanup);
      const done = options.watch === true ? await watch(io, options, open, text) : await send(io, options, open, text);
      await cleanup[Symbol.asyncDispose]();
      return done;
    });
    finish(code);
  });
};

async function send(io: Io, options: Options, { correspondent }: OpenCorrespondent, text: string): Promise<number> {
  const { to } = options;
  const { id, via } = await sendText(correspondent, to, text);
  if (options.json === true) writeJson(io, { id, from: correspondent.did, to, via });
  else io.stdout.write(`Stored by ${via === 'mediator' ? 'the gateway' : "the recipient's mediator"}, as ${id}.\n`);
  return EXIT.done;
}

async function watch(io: Io, options: Options, open: OpenCorrespondent, text: string): Promise<number> {
  const { to, timeout = WATCH_SECONDS, allowAddress = [], json = false } = options;
  const abort = new AbortController();
  const late = setTimeout(() => abort.abort(), timeout * 1000);
  try {
    const { id, end } = await watchText({
      ...open,
      allowAddress,
      to,
      text,
      signal: abort.signal,
      onSighting: (sighting) => {
        if (json)
          writeJson(io, {
            ...sighting.told,
            station: sighting.station,
            time: iso(sighting.sinceMs),
            proof: sighting.proof,
          });
        else io.stdout.write(`${showSighting(sighting)}\n`);
      },
    });
    if (json) writeJson(io, { id, from: open.correspondent.did, to, end });
    else io.stdout.write(`${END_WORDS[end]} Its id is ${id}.\n`);
    return EXIT_OF[end];
  } finally {
    clearTimeout(late);
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

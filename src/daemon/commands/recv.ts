import type { Unpacked } from '../../envelope/unpack.js';
import { receive } from '../../mailbox/receive.js';
import type { AddCommand } from '../command.js';
import { lockDataFolder } from '../data-folder/lock.js';
import { EXIT } from '../io.js';
import { Seen } from '../mailbox/seen.js';
import { openAll } from '../run/cleanup.js';
import { addMailboxOptions, type MailboxOptions, openCorrespondent } from './mailbox-options.js';
import { dataContext, secondsUpTo, wholeNumber } from './options.js';
import { showMessage } from './show-message.js';

const MAX_SECONDS = 2_000_000;

interface Options extends MailboxOptions {
  count?: number;
  timeout?: number;
}

export const addRecvCommand: AddCommand = (program, io, finish) => {
  const command = program
    .command('recv')
    .description(
      'Shows the texts that come, as a small agent with a data folder of its own. It waits for a gateway that is away.',
    )
    .option('--count <n>', 'end after so many messages', wholeNumber(9))
    .option('--timeout <seconds>', 'end after so long, with exit code 3', secondsUpTo(MAX_SECONDS));
  addMailboxOptions(command).action(async (options: Options) => {
    const context = await dataContext(options, io);
    const abort = new AbortController();
    const isEnough = await openAll(async (cleanup) => {
      const late = startTimer(options.timeout, abort);
      cleanup.defer(() => clearTimeout(late));
      const { mailbox, correspondent } = await openCorrespondent(io, options, context, cleanup, abort.signal);
      cleanup.use(await lockDataFolder(context.folder, 'recv'));
      if (options.json !== true) io.stderr.write(`Receiving as ${correspondent.did}\n`);
      const seen = await Seen.open(context.folder);
      let left = options.count ?? Number.POSITIVE_INFINITY;
      const show = (unpacked: Unpacked): boolean => {
        showMessage(io, unpacked, options.json === true);
        left -= 1;
        return left <= 0;
      };
      const done = await receive({
        correspondent,
        invitationId: mailbox.mediator.invitationId,
        take: (unpacked) => seen.showOnce(unpacked, show),
        signal: abort.signal,
      });
      await cleanup[Symbol.asyncDispose]();
      return done;
    });
    finish(isEnough ? EXIT.done : EXIT.notNow);
  });
};

function startTimer(timeoutSeconds: number | undefined, abort: AbortController): NodeJS.Timeout | undefined {
  if (timeoutSeconds === undefined) return undefined;
  return setTimeout(() => abort.abort(), timeoutSeconds * 1000);
}

import { WaypostError } from '../../core/errors.js';
import { isDidWithoutFragment } from '../../envelope/did-url.js';
import { sendText } from '../../mailbox/send.js';
import type { AddCommand } from '../command.js';
import { EXIT, writeJson } from '../io.js';
import { openAll } from '../run/cleanup.js';
import { addMailboxOptions, type MailboxOptions, openCorrespondent } from './mailbox-options.js';
import { dataContext } from './options.js';

interface Options extends MailboxOptions {
  to: string;
}

export const addSendCommand: AddCommand = (program, io, finish) => {
  const command = program
    .command('send')
    .description('Sends a text, as a small agent with a data folder of its own. Exit code 3: nobody could be reached.')
    .argument('<text>')
    .requiredOption('--to <did>', 'the recipient, such as the DID that "recv" shows');
  addMailboxOptions(command).action(async (text: string, options: Options) => {
    const { to } = options;
    if (!isDidWithoutFragment(to)) throw new WaypostError('ERR_USAGE', '--to needs a DID without a fragment');
    const context = await dataContext(options, io);
    await openAll(async (cleanup) => {
      const { correspondent } = await openCorrespondent(io, options, context, cleanup);
      const { id, via } = await sendText(correspondent, to, text);
      if (options.json === true) writeJson(io, { id, from: correspondent.did, to, via });
      else io.stdout.write(`Stored by ${via === 'mediator' ? 'the gateway' : "the recipient's mediator"}, as ${id}.\n`);
      await cleanup[Symbol.asyncDispose]();
    });
    finish(EXIT.done);
  });
};

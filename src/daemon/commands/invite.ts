import { WaypostError } from '../../core/errors.js';
import type { AddCommand } from '../command.js';
import { readIdentity } from '../identity/identity-file.js';
import { invitationUrl, webPeerUrl } from '../identity/invitation.js';
import { EXIT, writeJson } from '../io.js';
import { readRuntime } from '../run/runtime-file.js';
import { writeInvitation } from '../show-invitation.js';
import { withOperator } from './operator-command.js';
import {
  addDataOption,
  addJsonOption,
  addPassphraseOption,
  configOf,
  type DataOptions,
  dataContext,
} from './options.js';

interface Options extends DataOptions {
  json?: boolean;
  qr?: boolean;
  new?: boolean;
  goal?: string;
  revoke?: string;
  webPeer?: boolean;
}

export const addInviteCommand: AddCommand = (program, io, finish) => {
  const command = program
    .command('invite')
    .description('Prints the invitation of this gateway as a URL, and in a terminal also as a QR code.')
    .option('--qr', 'print the QR code also where nobody seems to look, or where it is wider than the terminal')
    .option('--web-peer', 'the address of the page for messages with the invitation in it, where http.webPeer is on')
    .option('--new', 'make a further invitation, which can be revoked by its id')
    .option('--goal <text>', 'what the new one is for, shown to people')
    .option('--revoke <id>', 'the invitation with this id admits nobody any more');
  addJsonOption(addPassphraseOption(addDataOption(command))).action(async (options: Options) => {
    const { revoke } = options;
    const isNew = options.new === true;
    if (revoke !== undefined && isNew) throw new WaypostError('ERR_USAGE', '--new and --revoke do not go together');
    if (options.goal !== undefined && !isNew) throw new WaypostError('ERR_USAGE', '--goal goes with --new');
    if (revoke !== undefined) {
      await withOperator(io, options, 'invite', (operator) => operator.revoke(revoke));
      io.stdout.write(options.json === true ? '{}\n' : `The invitation ${revoke} admits nobody any more.\n`);
      finish(EXIT.done);
      return;
    }
    const { folder, passphrase } = await dataContext(options, io);
    const identity = await readIdentity(folder, passphrase);
    const made = isNew
      ? await withOperator(io, options, 'invite', (operator) => operator.invite(options.goal))
      : undefined;
    const { addresses = [] } = (await readRuntime(folder)) ?? {};
    const { name, http } = (await configOf(folder, io)).config;
    const invitation = made?.invitation ?? invitationUrl(identity, { addresses, name });
    const webPeer = http.webPeer === 'on' ? webPeerUrl(invitation) : undefined;
    if (options.webPeer === true && webPeer === undefined) {
      throw new WaypostError('ERR_USAGE', '--web-peer needs http.webPeer: on, and a public URL of http or https');
    }
    if (options.json === true) {
      const more = { ...(made === undefined ? {} : { id: made.id }), ...(webPeer === undefined ? {} : { webPeer }) };
      writeJson(io, { did: identity.current.did, invitation, ...more });
    } else {
      if (made !== undefined) io.stdout.write(`Invitation ${made.id}\n`);
      const shown = options.webPeer === true ? webPeer : undefined;
      await writeInvitation(io.stdout, shown ?? invitation, options.qr === true);
      // Scripts read the last line as the invitation.
      const isForPeople = shown === undefined && io.stdout.isTTY === true;
      if (isForPeople && webPeer !== undefined) io.stdout.write(`\nFor people with a browser: ${webPeer}\n`);
    }
    finish(EXIT.done);
  });
};

import type { AddCommand } from '../command.js';
import { readIdentity } from '../identity/identity-file.js';
import { invitationUrl } from '../identity/invitation.js';
import { EXIT, writeJson } from '../io.js';
import { writeInvitation } from '../show-invitation.js';
import { addDataOption, addJsonOption, addPassphraseOption, type DataOptions, dataContext } from './options.js';

interface Options extends DataOptions {
  json?: boolean;
  qr?: boolean;
}

export const addInviteCommand: AddCommand = (program, io, finish) => {
  const command = program
    .command('invite')
    .description('Prints the invitation of this gateway as a URL, and in a terminal also as a QR code.')
    .option('--qr', 'print the QR code also where nobody seems to look, or where it is wider than the terminal');
  addJsonOption(addPassphraseOption(addDataOption(command))).action(async (options: Options) => {
    const { folder, passphrase } = await dataContext(options, io);
    const identity = await readIdentity(folder, passphrase);
    const invitation = invitationUrl(identity);
    if (options.json === true) writeJson(io, { did: identity.current.did, invitation });
    else writeInvitation(io.stdout, invitation, options.qr === true);
    finish(EXIT.done);
  });
};

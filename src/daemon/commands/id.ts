import { createNodePrimitives } from '../../crypto/node.js';
import type { AddCommand } from '../command.js';
import { lockDataFolder } from '../data-folder/lock.js';
import { type Identity, rotateIdentity } from '../identity/identity.js';
import { readIdentity, writeIdentity } from '../identity/identity-file.js';
import { invitationUrl } from '../identity/invitation.js';
import { EXIT, type Io, writeJson } from '../io.js';
import { parsePublicUrl } from '../public-url.js';
import {
  addDataOption,
  addJsonOption,
  addPassphraseOption,
  addPublicUrlOption,
  type DataOptions,
  dataContext,
} from './options.js';

interface Options extends DataOptions {
  publicUrl?: string[];
  json?: boolean;
}

export const addIdCommand: AddCommand = (program, io, finish) => {
  const id = program.command('id').description('Prints the DID of this gateway, its URLs and its earlier DIDs.');
  addJsonOption(addPassphraseOption(addDataOption(id))).action(async (options: Options) => {
    const { folder, passphrase } = await dataContext(options, io);
    show(io, await readIdentity(folder, passphrase), options.json === true);
    finish(EXIT.done);
  });

  const rotate = id
    .command('rotate')
    .description(
      'Changes the DID, with fresh keys. The earlier DIDs stay served, and their holders are told by proof.',
    );
  addJsonOption(addPassphraseOption(addPublicUrlOption(addDataOption(rotate)))).action(async (_: Options, command) => {
    // Options that `id` has as well are given to it, wherever they stand.
    const options: Options = command.optsWithGlobals();
    const { folder, passphrase } = await dataContext(options, io);
    await using _lock = await lockDataFolder(folder, 'id rotate');
    const identity = await readIdentity(folder, passphrase);
    const publicUrls = options.publicUrl?.map(parsePublicUrl) ?? identity.current.publicUrls;
    const rotated = await rotateIdentity(createNodePrimitives(), identity, publicUrls, { nowMs: Date.now });
    await writeIdentity(folder, rotated, passphrase);
    show(io, rotated, options.json === true);
    finish(EXIT.done);
  });
};

function show(io: Io, identity: Identity, json: boolean): void {
  const { did, publicUrls } = identity.current;
  const former = identity.former.map((own) => own.did);
  if (json) {
    writeJson(io, { did, publicUrls, former, invitation: invitationUrl(identity) });
    return;
  }
  io.stdout.write(`${did}\n`);
  for (const url of publicUrls) io.stdout.write(`  reached at ${url}\n`);
  for (const earlier of former) io.stdout.write(`  before: ${earlier}\n`);
}

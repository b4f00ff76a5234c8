import os from 'node:os';
import { createNodePrimitives } from '../../crypto/node.js';
import type { AddCommand } from '../command.js';
import { initialise } from '../data-folder/initialise.js';
import { shellWord } from '../data-folder/permissions.js';
import { invitationUrl } from '../identity/invitation.js';
import { EXIT, writeJson } from '../io.js';
import { localUrl } from '../public-url.js';
import {
  addDataOption,
  addJsonOption,
  addPassphraseOption,
  addPublicUrlOption,
  configFlag,
  configOf,
  type DataOptions,
  dataContext,
} from './options.js';

interface Options extends DataOptions {
  publicUrl?: string[];
  json?: boolean;
}

export const addInitCommand: AddCommand = (program, io, finish) => {
  const command = program
    .command('init')
    .description('Makes a data folder with keys, a DID and a configuration. One that is there already stays as it is.');
  addPublicUrlOption(addDataOption(command));
  addJsonOption(addPassphraseOption(command)).action(async (options: Options) => {
    const { folder, passphrase } = await dataContext(options, io);
    const { config } = await configOf(folder, io, configFlag('--public-url', 'publicUrls', options.publicUrl));
    const publicUrls = config.publicUrls.length > 0 ? config.publicUrls : [localUrl(os.hostname())];
    const { identity, isNew } = await initialise(folder, {
      primitives: createNodePrimitives(),
      publicUrls,
      passphrase,
    });
    const { did } = identity.current;
    const invitation = invitationUrl(identity, { name: config.name });
    if (options.json === true) {
      writeJson(io, { did, invitation });
    } else {
      const state = isNew ? 'is ready' : 'was there already and stays as it is';
      const next = `waypost start --data ${shellWord(folder.path)}`;
      io.stdout.write(`${folder.path} ${state}.\n\nDID\n  ${did}\n\nInvitation\n  ${invitation}\n\nNext: ${next}\n`);
    }
    finish(EXIT.done);
  });
};

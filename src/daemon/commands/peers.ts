import type { AddCommand } from '../command.js';
import { EXIT, writeJson } from '../io.js';
import { withOperator } from './operator-command.js';
import { addDataOption, addJsonOption, addPassphraseOption, type DataOptions } from './options.js';
import { shorten, showDuration, writeTable } from './show.js';

interface Options extends DataOptions {
  json?: boolean;
}

export const addPeersCommand: AddCommand = (program, io, finish) => {
  const command = program.command('peers').description('Lists who is connected, and which DIDs they proved to be.');
  addJsonOption(addPassphraseOption(addDataOption(command))).action(async (options: Options) => {
    const peers = await withOperator(io, options, 'peers', (operator) => operator.peers());
    if (options.json === true) {
      writeJson(io, peers);
    } else {
      const rows = peers.map(({ remoteAddress, openForMs, dids }) => [
        remoteAddress,
        showDuration(openForMs),
        dids.map((did) => shorten(did)).join(', ') || 'nobody yet',
      ]);
      writeTable(io, [['ADDRESS', 'SINCE', 'PROVEN DIDS'], ...rows]);
    }
    finish(EXIT.done);
  });
};

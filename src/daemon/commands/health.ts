import { askReadiness } from '../admin/ask-readiness.js';
import type { Readiness } from '../admin/readiness.js';
import type { AddCommand } from '../command.js';
import { chooseDataFolder } from '../data-folder/layout.js';
import { EXIT, writeJson } from '../io.js';
import { addDataOption, addJsonOption, type DataOptions } from './options.js';
import { shorten, writeTable } from './show.js';

interface Options extends DataOptions {
  json?: boolean;
}

/** For service managers and containers, which have no other program at hand that could ask. */
export const addHealthCommand: AddCommand = (program, io, finish) => {
  const command = program
    .command('health')
    .description(
      'Asks the gateway that runs here whether it serves, as /readyz. Exit code 1: it does not, or none runs.',
    );
  addJsonOption(addDataOption(command)).action(async (options: Options) => {
    const readiness = await askReadiness(chooseDataFolder(options.data, io.env ?? {}));
    if (options.json === true) writeJson(io, readiness);
    else writeTable(io, rowsOf(readiness));
    finish(readiness.ready ? EXIT.done : EXIT.failed);
  });
};

function rowsOf({ ready, parts }: Readiness): readonly (readonly string[])[] {
  return [
    ['gateway', ready ? 'ready' : 'NOT READY'],
    ...parts.map(({ part, ready, detail }) => [shorten(part, 60), ready ? detail : `NOT READY: ${detail}`]),
  ];
}

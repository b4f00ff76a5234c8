import { hasErrors, runChecks } from '../check/run-checks.js';
import { showChecks } from '../check/show.js';
import type { AddCommand } from '../command.js';
import { EXIT, writeJson } from '../io.js';
import { createMachine } from '../machine.js';
import { addDataOption, addJsonOption, addPassphraseOption, type DataOptions, dataContext } from './options.js';

interface Options extends DataOptions {
  json?: boolean;
}

export const addCheckCommand: AddCommand = (program, io, finish) => {
  const command = program
    .command('check')
    .description('Says in plain words whether this machine is fit to be a gateway. Exit code 1: something is not.');
  addJsonOption(addPassphraseOption(addDataOption(command))).action(async (options: Options) => {
    const { folder, passphrase } = await dataContext(options, io);
    const groups = await runChecks({
      machine: createMachine(),
      folder,
      env: io.env ?? {},
      nowMs: Date.now(),
      passphrase,
    });
    const isFit = !hasErrors(groups);
    if (options.json === true) writeJson(io, { ok: isFit, groups });
    else io.stdout.write(showChecks(groups));
    finish(isFit ? EXIT.done : EXIT.failed);
  });
};

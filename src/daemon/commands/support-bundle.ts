import path from 'node:path';
import { WaypostError } from '../../core/errors.js';
import { runChecks } from '../check/run-checks.js';
import type { AddCommand } from '../command.js';
import { writeFileAtomic } from '../data-folder/atomic-file.js';
import { fileExists } from '../data-folder/small-file.js';
import { EXIT } from '../io.js';
import { createMachine } from '../machine.js';
import { makeSupportBundle } from '../support-bundle.js';
import { withOperator } from './operator-command.js';
import { addDataOption, addPassphraseOption, type DataOptions, dataContext } from './options.js';

export const addSupportBundleCommand: AddCommand = (program, io, finish) => {
  const command = program
    .command('support-bundle')
    .description('Writes what somebody who helps needs to know to one JSON file. No keys, no messages are in it.')
    .argument('<file>', 'is made; must not exist');
  addPassphraseOption(addDataOption(command)).action(async (file: string, options: DataOptions) => {
    const target = path.resolve(file);
    if (await fileExists(target)) throw new WaypostError('ERR_USAGE', `${target} exists already and is not replaced`);
    const { folder, passphrase } = await dataContext(options, io);
    const common = { machine: createMachine(), folder, env: io.env ?? {}, nowMs: Date.now(), passphrase };
    const checks = await runChecks(common);
    const status = () => withOperator(io, options, 'support-bundle', (operator) => operator.status());
    await writeFileAtomic(target, await makeSupportBundle({ ...common, checks, status }));
    io.stdout.write(`${target} is complete. Look through it before you pass it on.\n`);
    finish(EXIT.done);
  });
};

import path from 'node:path';
import { hashMqttPassword } from '../../../transports/index.js';
import { WaypostError } from '../../core/errors.js';
import type { AddCommand } from '../command.js';
import { loadConfig } from '../config/load.js';
import { printConfig } from '../config/print.js';
import { chooseDataFolder } from '../data-folder/layout.js';
import { fileExists } from '../data-folder/small-file.js';
import { EXIT, readStdin } from '../io.js';
import { addDataOption, configOf, type DataOptions } from './options.js';

const MAX_PASSWORD_BYTES = 1000;

export const addConfigCommand: AddCommand = (program, io, finish) => {
  const config = program.command('config').description('Prints and checks the configuration.');

  addDataOption(
    config.command('print').description('Prints the effective configuration, annotated: file < environment < flags.'),
  ).action(async (options: DataOptions) => {
    const loaded = await configOf(chooseDataFolder(options.data, io.env ?? {}), io);
    io.stdout.write(printConfig(loaded));
    finish(EXIT.done);
  });

  addDataOption(
    config
      .command('validate')
      .description('Checks a configuration file together with the environment. Exit code 2: something is wrong.')
      .argument('[file]', 'default: the one of the data folder'),
  ).action(async (file: string | undefined, options: DataOptions) => {
    const env = io.env ?? {};
    const checked = file === undefined ? chooseDataFolder(options.data, env).config : path.resolve(file);
    if (!(await fileExists(checked))) throw new WaypostError('ERR_CONFIG', `${checked} does not exist`);
    const { unknownVariables } = await loadConfig({ file: checked, env });
    for (const name of unknownVariables) io.stderr.write(`The variable ${name} is unknown and has no effect.\n`);
    io.stdout.write(`${checked} is valid.\n`);
    finish(EXIT.done);
  });

  config
    .command('hash-password')
    .description('Reads a password from standard input and prints what stands for it in mqtt.broker.users.')
    .action(async () => {
      const password = (await readStdin(io, MAX_PASSWORD_BYTES)).toString('utf8').replace(/\r?\n$/, '');
      if (password === '') throw new WaypostError('ERR_USAGE', 'there is no password on standard input');
      io.stdout.write(`${await hashMqttPassword(password)}\n`);
      finish(EXIT.done);
    });
};

import type { AddCommand } from '../command.js';
import { playDemo } from '../demo/play.js';
import { EXIT } from '../io.js';

export const addDemoCommand: AddCommand = (program, io, finish) => {
  program
    .command('demo')
    .description(
      'Simulated phones, two of them with Bluetooth only, a thermometer and a gateway: nothing is lost. Takes a few seconds.',
    )
    .action(async () => {
      await playDemo((line) => io.stdout.write(`${line}\n`));
      finish(EXIT.done);
    });
};

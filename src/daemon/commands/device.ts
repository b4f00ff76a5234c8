import type { Command } from 'commander';
import { WaypostError } from '../../core/errors.js';
import type { DeviceCommand } from '../../sensor/command.js';
import { AUTHENTICATIONS } from '../../sensor/device.js';
import type { DeviceStatus, RegisteredDevice } from '../../sensor/devices.js';
import type { AddCommand } from '../command.js';
import { EXIT, type Io, writeJson } from '../io.js';
import { addDeviceImportCommand } from './device-import.js';
import { readKey } from './device-key.js';
import { type AskOptions, addAskOptions, addPageOptions, type PageOptions, pageOf } from './list-options.js';
import { withOperator } from './operator-command.js';
import { choice, wholeNumber } from './options.js';
import { showDuration, writeTable } from './show.js';

interface AddOptions extends AskOptions {
  auth?: string;
  keyFile?: string;
  name?: string;
  location?: string;
  baseName?: string;
  baseUnit?: string;
}

interface RekeyOptions extends AskOptions {
  keyFile?: string;
}

/** The longest interval has 7 digits of seconds. */
const INTERVAL_DIGITS = 7;

export const addDeviceCommand: AddCommand = (program, io, finish) => {
  const device = program.command('device').description('Registers sensor devices, and tells them what to do.');

  addKeyOption(
    addAskOptions(
      device
        .command('add')
        .description('Registers a device. A key that is made here is printed now and never again.')
        .argument('<id>', 'its short name, which its frames carry as their kid'),
    ),
  )
    .addOption(choice('--auth <kind>', 'how it proves its frames; default hmac-256-64', AUTHENTICATIONS))
    .option('--name <text>', 'for people')
    .option('--location <uri>', 'where it is, such as a GS1 SGLN')
    .option('--base-name <name>', 'SenML base name of its packs that have none')
    .option('--base-unit <unit>', 'SenML base unit of its packs that have none')
    .action(async (id: string, options: AddOptions) => {
      const { auth: authentication, name, location, baseName, baseUnit } = options;
      const key = await readKey(options.keyFile, io);
      const wanted = { id, authentication, key, name, location, baseName, baseUnit };
      const [added] = await withOperator(io, options, 'device add', (operator) => operator.addDevices([wanted]), true);
      if (added?.outcome !== 'added') {
        throw new WaypostError(added?.code ?? 'ERR_INTERNAL', added?.message ?? 'nothing was added');
      }
      showRegistered(io, added.device, options.json === true);
      finish(EXIT.done);
    });

  addPageOptions(device.command('ls', { isDefault: true }).description('Lists the devices. The default.')).action(
    async (options: PageOptions) => {
      const devices = await withOperator(io, options, 'device ls', (operator) => operator.devices(pageOf(options)));
      if (options.json === true) writeJson(io, devices);
      else
        writeTable(io, [
          ['ID', 'AUTH', 'LAST FRAME', 'NUMBER', 'WAITING', 'LAST COMMAND', 'NAME'],
          ...devices.map(toRow),
        ]);
      finish(EXIT.done);
    },
  );

  addAskOptions(
    device
      .command('rm')
      .description('Forgets a device. What came from it stays. Exit code 1: there is none.')
      .argument('<id>'),
  ).action(async (id: string, options: AskOptions) => {
    const removed = await withOperator(io, options, 'device rm', (operator) => operator.removeDevice(id), true);
    if (options.json === true) writeJson(io, { removed });
    else io.stdout.write(removed ? `${id} is forgotten.\n` : `${id} is not registered.\n`);
    finish(removed ? EXIT.done : EXIT.failed);
  });

  addKeyOption(
    addAskOptions(
      device
        .command('rekey')
        .description('Gives a device another key; from then on frames under the old one are refused.')
        .argument('<id>'),
    ),
  ).action(async (id: string, options: RekeyOptions) => {
    const key = await readKey(options.keyFile, io);
    const rekeyed = await withOperator(io, options, 'device rekey', (operator) => operator.rekeyDevice(id, key), true);
    showRegistered(io, rekeyed, options.json === true);
    finish(EXIT.done);
  });

  addDeviceImportCommand(device, io, finish);

  const tell = async (id: string, command: DeviceCommand, options: AskOptions): Promise<void> => {
    const number = await withOperator(io, options, 'device', (operator) => operator.commandDevice(id, command), true);
    if (options.json === true) writeJson(io, { number });
    else io.stdout.write(`Command ${number} waits for ${id}, and goes with the answer to its next frame.\n`);
    finish(EXIT.done);
  };
  addAskOptions(device.command('ping').description('Asks a device to report.').argument('<id>')).action(
    (id: string, options: AskOptions) => tell(id, { kind: 'ping' }, options),
  );
  addAskOptions(
    device
      .command('set-interval')
      .description('Tells a device how often to measure.')
      .argument('<id>')
      .argument('<seconds>', 'at most 30 days', wholeNumber(INTERVAL_DIGITS)),
  ).action((id: string, seconds: number, options: AskOptions) => tell(id, { kind: 'set-interval', seconds }, options));
};

function addKeyOption(command: Command): Command {
  return command.option(
    '--key-file <file>',
    'its key in hexadecimal digits, base64url or as a JWK; "-" reads standard input; default: a key is made',
  );
}

function showRegistered(io: Io, device: RegisteredDevice, isJson: boolean): void {
  if (isJson) {
    writeJson(io, device);
    return;
  }
  io.stdout.write(`${device.id} is registered (${device.authentication}).\n`);
  if (device.madeKey !== null) io.stdout.write(`Its key, shown only now:  ${device.madeKey}\n`);
  if (device.answerKey !== null) {
    io.stdout.write(`It verifies answers with:  ${JSON.stringify(device.answerKey)}\n`);
  }
}

function toRow(device: DeviceStatus): readonly string[] {
  const { id, authentication, lastReceivedMs, epoch, counter, commands, lastReport, name } = device;
  const ago = lastReceivedMs === null ? 'never' : `${showDuration(Math.max(0, Date.now() - lastReceivedMs))} ago`;
  const number = epoch === null ? '' : `${epoch}.${counter}`;
  const reported = lastReport === null ? '' : `${lastReport.command}: ${lastReport.outcome}`;
  return [id, authentication, ago, number, String(commands), reported, name ?? ''];
}

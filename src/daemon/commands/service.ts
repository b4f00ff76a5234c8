import { realpath } from 'node:fs/promises';
import path from 'node:path';
import type { AddCommand } from '../command.js';
import { loadConfig } from '../config/load.js';
import type { Config } from '../config/schema.js';
import { dataFolder } from '../data-folder/layout.js';
import { EXIT, type Io, writeJson } from '../io.js';
import { createServiceHost, type ServiceHost } from '../service/host.js';
import { planInstall } from '../service/install.js';
import { commandOf, type Program } from '../service/program.js';
import { findServiceState, type ServiceState } from '../service/state.js';
import { carryOut, describeStep, type Step, summariseStep } from '../service/step.js';
import { createSystemd } from '../service/systemd.js';
import { planUninstall } from '../service/uninstall.js';
import { DATA_FOLDER, SERVICE_NAME } from '../service/unit.js';
import { assertUsable } from '../service/usable.js';
import { addJsonOption } from './options.js';
import { writeTable } from './show.js';

interface RootOption {
  root?: string;
}

interface ChangeOptions extends RootOption {
  dryRun?: boolean;
}

interface ProgramOptions extends RootOption {
  node?: string;
  program?: string;
}

export const addServiceCommand: AddCommand = (program, io, finish) => {
  const service = program.command('service').description('The gateway as a systemd service, started with the machine.');
  const root = ['--root <dir>', 'an image of another machine, instead of this one; nothing is started'] as const;
  const dryRun = ['--dry-run', 'only say what would be done, with every file; needs no rights'] as const;

  service
    .command('install')
    .description('Makes the unit and its user, and starts it. Again after an upgrade or a change of configuration.')
    .option(...root)
    .option(...dryRun)
    .option('--node <file>', 'the Node that runs it; default: this one')
    .option('--program <file>', 'its dist/bin/waypost.js; default: this one')
    .action(async (options: ChangeOptions & ProgramOptions) => {
      const host = hostOf(options);
      const steps = await installSteps(host, io, options);
      await change(io, host, steps, options);
      if (options.dryRun !== true && host.root === undefined) {
        io.stdout.write(`The data folder is ${DATA_FOLDER}; logs: journalctl -u ${SERVICE_NAME}. Next:\n`);
        io.stdout.write(`sudo -u ${SERVICE_NAME} waypost invite --data ${DATA_FOLDER}\n`);
      }
      finish(EXIT.done);
    });

  service
    .command('uninstall')
    .description('Stops and removes it. The data folder stays.')
    .option(...root)
    .option(...dryRun)
    .option('--purge', 'remove the data folder too, with all keys and messages, and the user')
    .action(async (options: ChangeOptions & { purge?: boolean }) => {
      const host = hostOf(options);
      const systemd = createSystemd(host);
      const steps = await planUninstall({ host, systemd, isPurging: options.purge === true });
      await change(io, host, steps, options);
      if (options.purge !== true && (await host.exists(DATA_FOLDER))) {
        io.stdout.write(`${host.locate(DATA_FOLDER)} stays, with keys and messages; --purge removes it.\n`);
      }
      finish(EXIT.done);
    });

  const status = service
    .command('status')
    .description('Says whether it is installed as it should be, and runs. Exit code 3: it does not run.')
    .option(...root);
  addJsonOption(status).action(async (options: ProgramOptions & { json?: boolean }) => {
    const host = hostOf(options);
    const state = await findServiceState(host, createSystemd(host), () => installSteps(host, io, options));
    if (options.json === true) writeJson(io, state);
    else show(io, state);
    finish(state.active === 'active' ? EXIT.done : EXIT.notNow);
  });
};

function hostOf({ root }: RootOption): ServiceHost {
  return createServiceHost(root === undefined ? undefined : path.resolve(root));
}

async function installSteps(host: ServiceHost, io: Io, options: ProgramOptions): Promise<readonly Step[]> {
  const command = await commandOf(host, await programOf(io, options));
  return planInstall({ host, systemd: createSystemd(host), command, config: await configOf(host) });
}

async function programOf({ argv }: Io, { node, program }: ProgramOptions): Promise<Program> {
  const own = argv[1] ?? '';
  // npm's `waypost` is a link, which an upgrade may make anew. What cannot be found is said when it is looked for.
  return { node: node ?? process.execPath, script: program ?? (await realpath(own).catch(() => own)) };
}

/** That of the service's data folder; its environment is not ours. */
async function configOf(host: ServiceHost): Promise<Config> {
  return (await loadConfig({ file: host.locate(dataFolder(DATA_FOLDER).config) })).config;
}

async function change(io: Io, host: ServiceHost, steps: readonly Step[], { dryRun }: ChangeOptions): Promise<void> {
  if (steps.length === 0) {
    io.stdout.write('Nothing to do.\n');
    return;
  }
  if (dryRun === true) {
    for (const step of steps) io.stdout.write(`would ${describeStep(step)}`);
    return;
  }
  await assertUsable(host, process.getuid?.());
  for (const step of steps) {
    io.stdout.write(`${summariseStep(step)}\n`);
    await carryOut(host, step);
  }
}

function show(io: Io, { unit, isCurrent, isEnabled, active, since, status, restarts }: ServiceState): void {
  const again = `sudo waypost service install`;
  const units = {
    none: `not installed: ${again}`,
    foreign: 'installed, but not by "waypost service install"',
    installed: isCurrent === false ? `out of date: ${again}` : 'installed',
  };
  const rows: string[][] = [['unit', units[unit]]];
  if (unit !== 'none') rows.push(['starts', isEnabled ? 'with the machine' : 'by hand']);
  if (active !== null) rows.push(['state', since === null ? active : `${active} since ${since}`]);
  if (status !== null) rows.push(['says', status]);
  if (restarts !== null && restarts > 0) rows.push(['restarts', `${restarts}: journalctl -u ${SERVICE_NAME}`]);
  if (unit !== 'none') rows.push(['more', `sudo -u ${SERVICE_NAME} waypost status --data ${DATA_FOLDER}`]);
  writeTable(io, rows);
}

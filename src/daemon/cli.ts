import { Command, CommanderError } from 'commander';
import type { CopyStore } from './backup/contents.js';
import type { AddCommand } from './command.js';
import { addBackupCommands } from './commands/backup.js';
import { addCheckCommand } from './commands/check.js';
import { addConfigCommand } from './commands/config.js';
import { addDashboardCommand } from './commands/dashboard.js';
import { addDemoCommand } from './commands/demo.js';
import { addDeviceCommand } from './commands/device.js';
import { addDidCommand } from './commands/did.js';
import { addExportCommand } from './commands/export.js';
import { addHealthCommand } from './commands/health.js';
import { addIdCommand } from './commands/id.js';
import { addImportCommand } from './commands/import.js';
import { addInitCommand } from './commands/init.js';
import { addInviteCommand } from './commands/invite.js';
import { addPackCommand } from './commands/pack.js';
import { addPeersCommand } from './commands/peers.js';
import { addQueueCommand } from './commands/queue.js';
import { addRecvCommand } from './commands/recv.js';
import { addSendCommand } from './commands/send.js';
import { addServiceCommand } from './commands/service.js';
import { addSimCommand } from './commands/sim.js';
import { addStartCommand } from './commands/start.js';
import { addStatusCommand } from './commands/status.js';
import { addSupportBundleCommand } from './commands/support-bundle.js';
import { addUnpackCommand } from './commands/unpack.js';
import { EXIT, type Io, reportError } from './io.js';
import { VERSION } from './version.js';

const copyStore: CopyStore = async (file, target) => {
  // Loaded when it is needed: it brings the native part of the database into this process.
  const { copySqliteStore } = await import('../store/sqlite/copy.js');
  copySqliteStore(file, target);
};

/** In the order of the help. */
const COMMANDS: readonly AddCommand[] = [
  addInitCommand,
  addStartCommand,
  addStatusCommand,
  addHealthCommand,
  addDashboardCommand,
  addIdCommand,
  addInviteCommand,
  addQueueCommand,
  addPeersCommand,
  addDeviceCommand,
  addCheckCommand,
  addConfigCommand,
  addBackupCommands(copyStore),
  addSupportBundleCommand,
  addServiceCommand,
  addSendCommand,
  addRecvCommand,
  addExportCommand,
  addImportCommand,
  addDemoCommand,
  addSimCommand,
  addPackCommand,
  addUnpackCommand,
  addDidCommand,
];

/** Runs the command that `io.argv` names and returns the exit code. Nothing is thrown. */
export async function main(io: Io): Promise<number> {
  let code: number = EXIT.done;
  const program = new Command('waypost')
    .description('DIDComm where there is no internet: a mediator for local devices over any link.')
    .version(VERSION)
    .addHelpText('after', '\nExit codes: 0 done, 1 failed, 2 usage or configuration, 3 not now or timed out.')
    .showHelpAfterError('(waypost --help says what there is)')
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) });
  const finish = (result: number): void => {
    code = result;
  };
  for (const add of COMMANDS) add(program, io, finish);

  try {
    await program.parseAsync([...io.argv]);
    return code;
  } catch (error) {
    // Help and version come this way too, with exit code 0; everything else of commander's is a usage error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    return reportError(io, error);
  }
}

import path from 'node:path';
import { WaypostError } from '../../core/errors.js';
import { writeBackup } from '../backup/backup.js';
import type { CopyStore } from '../backup/contents.js';
import { restoreBackup } from '../backup/restore.js';
import type { AddCommand } from '../command.js';
import { EXIT } from '../io.js';
import { addDataOption, addPassphraseOption, type DataOptions, dataContext } from './options.js';

interface BackupOptions extends DataOptions {
  plain?: boolean;
}

/** `copyStore` knows the database. */
export function addBackupCommands(copyStore: CopyStore): AddCommand {
  return (program, io, finish) => {
    const backup = program
      .command('backup')
      .description('Writes identity, configuration and messages to one file, also while the gateway runs.')
      .argument('<file>', 'is made; must not exist')
      .option('--plain', 'do not encrypt: whoever has the file can be this gateway');
    addPassphraseOption(addDataOption(backup)).action(async (file: string, options: BackupOptions) => {
      const { folder, passphrase } = await dataContext(options, io);
      if (passphrase === undefined && options.plain !== true) {
        throw new WaypostError('ERR_USAGE', 'a backup is encrypted: give --passphrase-file FILE, or --plain');
      }
      const target = path.resolve(file);
      await writeBackup({
        folder,
        file: target,
        passphrase: options.plain === true ? undefined : passphrase,
        copyStore,
      });
      const kind = options.plain === true ? 'NOT encrypted: it holds the private keys' : 'encrypted';
      io.stdout.write(`${target} is complete, ${kind}.\n`);
      finish(EXIT.done);
    });

    const restore = program
      .command('restore')
      .description('Fills an empty data folder from a backup.')
      .argument('<file>');
    addPassphraseOption(addDataOption(restore)).action(async (file: string, options: DataOptions) => {
      const { folder, passphrase } = await dataContext(options, io);
      const epoch = await restoreBackup({ folder, file: path.resolve(file), passphrase });
      io.stdout.write(
        `${folder.path} is restored, as copy ${epoch.number} of this gateway.\n` +
          'The machine that the backup is of must not run as a gateway any more: both would have the same DID.\n',
      );
      finish(EXIT.done);
    });
  };
}

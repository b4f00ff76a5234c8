import { WaypostError } from '../../core/errors.js';
import { createAdminCaller } from '../admin/client.js';
import type { AddCommand } from '../command.js';
import { dashboardUrl, signInUrl } from '../dashboard/address.js';
import type { SignInCode } from '../dashboard/sessions.js';
import { readAdminToken } from '../data-folder/admin-token.js';
import { EXIT, writeJson } from '../io.js';
import { readRuntime } from '../run/runtime-file.js';
import { writeInvitation as writeAddress } from '../show-invitation.js';
import { addDataOption, addJsonOption, type DataOptions, dataContext } from './options.js';
import { showDuration } from './show.js';

interface Options extends DataOptions {
  json?: boolean;
  qr?: boolean;
}

export const addDashboardCommand: AddCommand = (program, io, finish) => {
  const command = program
    .command('dashboard')
    .description('Prints the address of the dashboard, and a code that lets one browser in.')
    .option('--qr', 'print the QR code also where nobody seems to look, or where it is wider than the terminal');
  addJsonOption(addDataOption(command)).action(async (options: Options) => {
    const { folder } = await dataContext(options, io);
    const runtime = await readRuntime(folder);
    if (runtime === undefined) throw new WaypostError('ERR_NETWORK', 'the gateway does not run: waypost start');
    const token = await readAdminToken(folder);
    if (runtime.admin === null || token === undefined) {
      throw new WaypostError(
        'ERR_CONFIG',
        'the gateway runs without its admin API (admin.listen: off), so there is no dashboard',
      );
    }
    // The other end is this very program.
    const made = (await createAdminCaller(runtime.admin, token)('POST', '/api/sessions/codes', {})) as SignInCode;
    const { code, expiresInSeconds } = made;
    const address = dashboardUrl(runtime.admin);
    const url = signInUrl(runtime.admin, code);
    if (options.json === true) writeJson(io, { address, code, url, expiresInSeconds });
    else {
      await writeAddress(io.stdout, url, options.qr === true);
      const time = showDuration(expiresInSeconds * 1000);
      io.stdout.write(`Open it in a browser, or open ${address} and enter ${code}. Good once, for ${time}.\n`);
    }
    finish(EXIT.done);
  });
};

import { runCommand } from './processes.js';

/** The standing invitation of the gateway on the data folder `data`. */
export async function invitationOf(bin: string, data: string): Promise<string> {
  const { stdout } = await runCommand(bin, ['invite', '--data', data, '--json']);
  return JSON.parse(stdout).invitation;
}

/** Gives the agent on `data` a mailbox where `invitation` leads; its DID. It is away afterwards. */
export async function makeMailbox(bin: string, data: string, invitation: string): Promise<string> {
  const { code, stderr } = await runCommand(bin, [
    ...['recv', '--data', data, '--invitation', invitation],
    ...['--timeout', '0.5'],
  ]);
  if (code !== NOTHING_CAME) throw new Error(`no mailbox was made: ${stderr}`);
  const { stdout } = await runCommand(bin, ['id', '--data', data, '--json']);
  return JSON.parse(stdout).did;
}

/** The exit code of a `recv` whose time is over. */
const NOTHING_CAME = 3;

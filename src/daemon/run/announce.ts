import type { Config } from '../config/schema.js';
import { signInUrl } from '../dashboard/address.js';
import type { Sessions } from '../dashboard/sessions.js';
import type { Identity } from '../identity/identity.js';
import { invitationUrl } from '../identity/invitation.js';
import { type Io, writeJson } from '../io.js';
import { writeInvitation } from '../show-invitation.js';
import type { Runtime } from './runtime-file.js';

/** Says on standard output that the gateway serves: one line for programs; for people also how to use it. */
export async function announce(
  io: Io,
  config: Config,
  identity: Identity,
  { addresses, admin }: Runtime,
): Promise<void> {
  const { did } = identity.current;
  if (config.log.format === 'json') {
    writeJson(io, { event: 'gateway.ready', did, addresses, admin });
    return;
  }
  io.stdout.write(`Ready: ${addresses.join(' and ')}${admin === null ? '' : `, admin ${admin}`}\n`);
  io.stdout.write('To use this gateway as a mediator, follow its invitation:\n');
  await writeInvitation(io.stdout, invitationUrl(identity, { addresses, name: config.name }));
}

/**
 * Says where to go first. The link signs in whoever has it, so it is printed only where somebody looks: what a service prints is
 * kept in the journal.
 */
export function inviteToFirstRun({ stdout }: Io, config: Config, admin: string | null, sessions: Sessions): void {
  if (admin === null || config.log.format === 'json') return;
  if (stdout.isTTY === true) {
    const { code } = sessions.issueCode();
    stdout.write(`First run, in a browser on this machine: ${signInUrl(admin, code)}\n`);
    stdout.write('The link is good once, for 10 minutes; "waypost dashboard" prints another.\n');
  } else {
    stdout.write('First run: "waypost dashboard" prints the link that signs in to the dashboard.\n');
  }
}

import type { Config } from '../config/schema.js';
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

import { WaypostError } from '../../core/errors.js';
import type { ServiceHost } from './host.js';
import { isOurs, ownDropIns } from './install.js';
import type { Step } from './step.js';
import type { Systemd } from './systemd.js';
import { DATA_FOLDER, DROP_IN_FOLDER, SYSUSERS_FILE, UNIT_FILE } from './unit.js';

export interface UninstallOptions {
  readonly host: ServiceHost;
  readonly systemd: Systemd;
  /** Whether the data folder goes too, with its keys and messages, and the user whose it is. */
  readonly isPurging: boolean;
}

/**
 * What is left to do until the service is gone: nothing the second time. The data folder and its user stay, unless
 * `isPurging`. Changes nothing itself. Throws ERR_SERVICE when the unit was made by somebody else.
 */
export async function planUninstall({ host, systemd, isPurging }: UninstallOptions): Promise<readonly Step[]> {
  const hasUnit = await isOurs(host, UNIT_FILE);
  if (!hasUnit && (await host.exists(UNIT_FILE))) {
    const what = `${host.locate(UNIT_FILE)} was not made by "waypost service install"`;
    throw new WaypostError('ERR_SERVICE', `${what}; whoever made it knows how to remove it`);
  }
  const dropIns = await ownDropIns(host);
  return [
    ...(hasUnit ? [...systemd.whenRunning('stop'), systemd.disable(), remove(UNIT_FILE)] : []),
    ...dropIns.map(remove),
    ...(dropIns.length > 0 ? [{ kind: 'remove-empty', path: DROP_IN_FOLDER } as const] : []),
    ...(hasUnit ? systemd.whenRunning('daemon-reload', 'reset-failed') : []),
    ...(isPurging ? await purge(host, systemd) : []),
  ];
}

async function purge(host: ServiceHost, systemd: Systemd): Promise<readonly Step[]> {
  const steps: Step[] = [];
  const names = await host.list(DATA_FOLDER);
  if (names.length > 0 && !names.includes('config.yaml') && !names.includes('identity.json')) {
    throw new WaypostError(
      'ERR_SERVICE',
      `${host.locate(DATA_FOLDER)} is no data folder of waypost; it is not removed`,
    );
  }
  if (await host.exists(DATA_FOLDER)) steps.push(remove(DATA_FOLDER));
  if (await isOurs(host, SYSUSERS_FILE)) {
    steps.push(remove(SYSUSERS_FILE));
    if (await systemd.hasUser()) steps.push(systemd.removeUser());
  }
  return steps;
}

function remove(path: string): Step {
  return { kind: 'remove', path };
}

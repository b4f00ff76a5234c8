import { WaypostError } from '../../core/errors.js';
import type { Config } from '../config/schema.js';
import { PASSPHRASE_FILE, renderDropIns } from './drop-ins.js';
import type { ServiceHost } from './host.js';
import type { Step } from './step.js';
import type { Systemd } from './systemd.js';
import { DROP_IN_FOLDER, MADE_BY, renderSysusers, renderUnit, SYSUSERS_FILE, UNIT_FILE, type Words } from './unit.js';

export interface InstallOptions {
  readonly host: ServiceHost;
  readonly systemd: Systemd;
  /** What the unit starts. */
  readonly command: Words;
  /** That of the data folder; where there is none yet, one with all initial values. */
  readonly config: Config;
}

/** The group of serial ports: on Debian, Fedora and most others; on Arch. The first that exists: Debian has both. */
const SERIAL_GROUPS = ['dialout', 'uucp'];

/**
 * What is left to do until the service is there as this version and this configuration want it: nothing the second time.
 * Changes nothing itself. Throws ERR_SERVICE when somebody else made a file of that name.
 */
export async function planInstall({ host, systemd, command, config }: InstallOptions): Promise<readonly Step[]> {
  const groups = await systemd.groups();
  const sysusers = renderSysusers(SERIAL_GROUPS.find((group) => groups.has(group)));
  const user = await writeIfChanged(host, SYSUSERS_FILE, sysusers);
  const unit = [
    ...(await writeIfChanged(host, UNIT_FILE, renderUnit(command))),
    ...(await dropInSteps(host, { config, hasPassphrase: await host.exists(PASSPHRASE_FILE), groups })),
  ];
  const isNewUser = user.length > 0 || !(await systemd.hasUser());
  const mustRestart = isNewUser || unit.length > 0 || (host.root === undefined && !(await systemd.isActive()));
  return [
    ...user,
    ...(isNewUser ? [systemd.makeUser()] : []),
    ...unit,
    ...(unit.length > 0 ? systemd.whenRunning('daemon-reload') : []),
    ...((await systemd.isEnabled()) ? [] : [systemd.enable()]),
    ...(mustRestart ? systemd.whenRunning('restart') : []),
  ];
}

async function dropInSteps(host: ServiceHost, needs: Parameters<typeof renderDropIns>[0]): Promise<readonly Step[]> {
  const wanted = renderDropIns(needs);
  const steps: Step[] = [];
  for (const [name, text] of wanted) {
    const file = `${DROP_IN_FOLDER}/${name}`;
    steps.push(...(await writeIfChanged(host, file, text)));
  }
  for (const file of await ownDropIns(host)) {
    if (!wanted.has(file.slice(DROP_IN_FOLDER.length + 1))) steps.push({ kind: 'remove', path: file });
  }
  return steps;
}

/** Drop-ins that this program made; those of others are theirs. */
export async function ownDropIns(host: ServiceHost): Promise<readonly string[]> {
  const files = (await host.list(DROP_IN_FOLDER)).map((name) => `${DROP_IN_FOLDER}/${name}`);
  const own = await Promise.all(files.map((file) => isOurs(host, file)));
  return files.filter((_, index) => own[index]);
}

/** Whether this program made the file; false where there is none. */
export async function isOurs(host: ServiceHost, file: string): Promise<boolean> {
  return (await host.readText(file))?.startsWith(MADE_BY) === true;
}

async function writeIfChanged(host: ServiceHost, file: string, text: string): Promise<readonly Step[]> {
  const there = await host.readText(file);
  if (there === text) return [];
  if (there !== undefined && !there.startsWith(MADE_BY)) {
    const what = `${host.locate(file)} is there already, and was not made by "waypost service install"`;
    throw new WaypostError('ERR_SERVICE', `${what}; move it away first`);
  }
  return [{ kind: 'write', file, text }];
}

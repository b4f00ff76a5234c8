import path from 'node:path';
import type { ServiceHost } from './host.js';
import type { Step } from './step.js';
import { SERVICE_NAME, SYSUSERS_FILE } from './unit.js';

const UNIT = `${SERVICE_NAME}.service`;

/** The commands of systemd, for the system that runs or for an image (`--root`), where nothing can be started. */
export interface Systemd {
  makeUser(): Step;
  removeUser(): Step;
  enable(): Step;
  disable(): Step;
  /** What only a system that runs needs; nothing for an image. */
  whenRunning(...verbs: readonly ('daemon-reload' | 'restart' | 'stop' | 'reset-failed')[]): readonly Step[];
  isEnabled(): Promise<boolean>;
  /** False for an image. */
  isActive(): Promise<boolean>;
  hasUser(): Promise<boolean>;
  groups(): Promise<ReadonlySet<string>>;
}

export function createSystemd(host: ServiceHost): Systemd {
  const { root } = host;
  const inRoot = root === undefined ? [] : [`--root=${root}`];
  const systemctl = (...args: readonly string[]): Step => ({
    kind: 'run',
    command: 'systemctl',
    args: [...inRoot, ...args],
  });
  const names = async (file: string): Promise<ReadonlySet<string>> => {
    const lines = ((await host.readText(file)) ?? '').split('\n');
    return new Set(lines.map((line) => line.slice(0, Math.max(0, line.indexOf(':')))));
  };
  const says = async (verb: string): Promise<boolean> =>
    (await host.run('systemctl', [...inRoot, verb, UNIT])).code === 0;
  return {
    makeUser: () => ({ kind: 'run', command: 'systemd-sysusers', args: [...inRoot, path.basename(SYSUSERS_FILE)] }),
    removeUser: () => ({
      kind: 'run',
      command: 'userdel',
      args: [...(root === undefined ? [] : ['--prefix', root]), SERVICE_NAME],
    }),
    enable: () => systemctl('enable', UNIT),
    disable: () => systemctl('disable', UNIT),
    whenRunning: (...verbs) =>
      root === undefined
        ? verbs.map((verb) => {
            const step = systemctl(...(verb === 'daemon-reload' ? [verb] : [verb, UNIT]));
            // It complains about a unit that never ran, or is gone.
            return verb === 'reset-failed' ? { ...step, mayFail: true } : step;
          })
        : [],
    isEnabled: () => says('is-enabled'),
    isActive: async () => root === undefined && (await says('is-active')),
    hasUser: async () => (await names('/etc/passwd')).has(SERVICE_NAME),
    groups: () => names('/etc/group'),
  };
}

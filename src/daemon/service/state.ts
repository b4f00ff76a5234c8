import { isWaypostError } from '../../core/errors.js';
import type { ServiceHost } from './host.js';
import { isOurs } from './install.js';
import type { Step } from './step.js';
import type { Systemd } from './systemd.js';
import { SERVICE_NAME, UNIT_FILE } from './unit.js';

/** How the service is. */
export interface ServiceState {
  /** `foreign`: somebody else made the unit. */
  readonly unit: 'none' | 'installed' | 'foreign';
  /**
   * Whether it is as `waypost service install` would make it now: false after a change of the configuration that needs other
   * rights, or of the version. Null when this user may not find out.
   */
  readonly isCurrent: boolean | null;
  readonly isEnabled: boolean;
  /** Of systemd, such as `active` or `failed`; null for an image. */
  readonly active: string | null;
  /** When it became so, as systemd writes it; null when it never did. */
  readonly since: string | null;
  /** What the gateway said last. */
  readonly status: string | null;
  /** Starts of its own accord after it ended, since it was started by somebody. */
  readonly restarts: number | null;
}

const PROPERTIES = ['ActiveState', 'StateChangeTimestamp', 'StatusText', 'NRestarts'];

/** `plan`: what `planInstall` says. */
export async function findServiceState(
  host: ServiceHost,
  systemd: Systemd,
  plan: () => Promise<readonly Step[]>,
): Promise<ServiceState> {
  const isThere = await host.exists(UNIT_FILE);
  const unit = !isThere ? 'none' : (await isOurs(host, UNIT_FILE)) ? 'installed' : 'foreign';
  const shown = host.root === undefined && isThere ? await showUnit(host) : new Map<string, string>();
  const restarts = Number(shown.get('NRestarts') ?? Number.NaN);
  return {
    unit,
    isCurrent: unit === 'installed' ? await isCurrent(plan) : null,
    isEnabled: isThere && (await systemd.isEnabled()),
    active: shown.get('ActiveState') || null,
    since: shown.get('StateChangeTimestamp') || null,
    status: shown.get('StatusText') || null,
    restarts: Number.isInteger(restarts) ? restarts : null,
  };
}

async function isCurrent(plan: () => Promise<readonly Step[]>): Promise<boolean | null> {
  try {
    return (await plan()).every(({ kind }) => kind === 'run');
  } catch (error) {
    // The data folder is for its owner only, and another waypost than the service's may be asking.
    if (isWaypostError(error)) return null;
    throw error;
  }
}

async function showUnit(host: ServiceHost): Promise<ReadonlyMap<string, string>> {
  const { code, output } = await host.run('systemctl', ['show', `--property=${PROPERTIES.join()}`, SERVICE_NAME]);
  if (code !== 0) return new Map();
  return new Map(
    output.split('\n').map((line) => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)] as const;
    }),
  );
}

import path from 'node:path';
import { WaypostError } from '../../core/errors.js';
import type { Environment } from '../io.js';

/** Where everything in a data folder lies. */
export interface DataFolder {
  readonly path: string;
  /** The annotated configuration, for people to edit. */
  readonly config: string;
  /** DIDs and private keys. Its presence is what makes a folder a data folder. */
  readonly identity: string;
  /** Which life of this identity this is, see `epoch.ts`. */
  readonly epoch: string;
  /** A folder with the socket of the process that uses the data folder, see `lock.ts`. */
  readonly lock: string;
  /** The token for calls of the admin API that change something. */
  readonly adminToken: string;
  /** Its presence says that nobody has finished the first run in the dashboard. */
  readonly firstRun: string;
  /** What the running gateway tells the commands, see `runtime-file.ts`. */
  readonly runtime: string;
  /** Backups that are on their way to a browser; emptied by every start. */
  readonly downloads: string;
  /** A backup that is to take the place of what is here at the next start, see `staged-restore.ts`. */
  readonly restore: string;
  /** The SQLite database of the store. */
  readonly store: string;
  /** What has arrived of messages over links that were interrupted. May be lost: it is sent again. */
  readonly partials: string;
  /** What was learnt of DIDs, as `NetworkDidOptions.didCache`; all but `longForms` may be lost. */
  readonly dids: string;
  /** Long forms of DIDs that were met: without them their short forms can never be resolved again. */
  readonly longForms: string;
}

export function dataFolder(folder: string): DataFolder {
  const root = path.resolve(folder);
  const at = (name: string) => path.join(root, name);
  return {
    path: root,
    config: at('config.yaml'),
    identity: at('identity.json'),
    epoch: at('epoch.json'),
    lock: at('lock'),
    adminToken: at('admin-token'),
    firstRun: at('first-run'),
    runtime: at('runtime.json'),
    downloads: at('downloads'),
    restore: at('restore'),
    store: at('store.sqlite'),
    partials: at('partials'),
    dids: at('dids'),
    longForms: path.join(root, 'dids', 'long-forms'),
  };
}

/**
 * The data folder that a command works on: `--data`, else WAYPOST_DATA, else the StateDirectory of the systemd unit, else
 * `~/.local/share/waypost`. Throws ERR_USAGE when there is none of these.
 */
export function chooseDataFolder(option: string | undefined, env: Environment): DataFolder {
  const dataHome = env.XDG_DATA_HOME ?? (env.HOME === undefined ? undefined : path.join(env.HOME, '.local', 'share'));
  const home = dataHome === undefined ? undefined : path.join(dataHome, 'waypost');
  const folder = [option, env.WAYPOST_DATA, env.STATE_DIRECTORY, home].find(
    (name) => name !== undefined && name !== '',
  );
  if (folder === undefined) throw new WaypostError('ERR_USAGE', 'no data folder is named: use --data DIR');
  return dataFolder(folder);
}

import type { Config } from '../config/schema.js';
import { usesBluetooth } from '../run/bluetooth.js';
import { MADE_BY, unitWord } from './unit.js';

/** Holds the passphrase of the keys, where there is one. */
export const PASSPHRASE_FILE = '/etc/waypost/passphrase';

/** Ports below it are for those with CAP_NET_BIND_SERVICE. */
const FIRST_FREE_PORT = 1024;
const CAMERA_GROUP = 'video';

export interface Needs {
  readonly config: Config;
  readonly hasPassphrase: boolean;
  /** Names of the groups that the system has. */
  readonly groups: ReadonlySet<string>;
}

/**
 * What this configuration needs of the system beyond the unit: for each need the name of a drop-in and its text
 * (systemd.unit(5)). They add up with the unit and with each other. A right that nothing needs is not given.
 */
export function renderDropIns({ config, hasPassphrase, groups }: Needs): ReadonlyMap<string, string> {
  const dropIns = new Map<string, string>();
  const add = (name: string, why: string, lines: readonly string[]): void => {
    dropIns.set(`${name}.conf`, `${MADE_BY}\n# ${why}\n[Service]\n${lines.join('\n')}\n`);
  };
  if (usesBluetooth(config)) {
    add('bluetooth', 'The configuration has Bluetooth: the adapter by HCI sockets, without being root.', [
      ...capabilities('CAP_NET_RAW CAP_NET_ADMIN'),
      'RestrictAddressFamilies=AF_BLUETOOTH',
    ]);
  }
  if (portsOf(config).some((port) => port > 0 && port < FIRST_FREE_PORT)) {
    add('ports', 'A port below 1024 is to be listened on.', capabilities('CAP_NET_BIND_SERVICE'));
  }
  const folders = [...config.dropFolders, ...config.stickFolders];
  if (folders.length > 0) {
    const paths = folders.map((folder) => `ReadWritePaths=${unitWord(`-${folder}`)}`);
    add('folders', 'dropFolders, stickFolders: what was taken is removed, what is exported is written.', paths);
  }
  if (config.qr.listen.some((address) => address.startsWith('qr:camera:')) && groups.has(CAMERA_GROUP)) {
    add('cameras', 'qr.listen has a camera.', [`SupplementaryGroups=${CAMERA_GROUP}`]);
  }
  if (hasPassphrase) {
    add('passphrase', 'The keys are encrypted.', [`LoadCredential=waypost-passphrase:${PASSPHRASE_FILE}`]);
  }
  return dropIns;
}

function capabilities(names: string): readonly string[] {
  return [`AmbientCapabilities=${names}`, `CapabilityBoundingSet=${names}`];
}

function portsOf({ http, admin, mqtt }: Config): readonly number[] {
  return [http.listen, admin.listen, mqtt.broker.listen].flatMap((listen) => (listen === 'off' ? [] : [listen.port]));
}

import { createRequire, Module } from 'node:module';
import { dirname, sep } from 'node:path';
import { WaypostError } from '../../src/core/errors.js';
import type { Computer } from './computer.js';
import { type HciSocketClass, hciSocketClass } from './hci-socket.js';

/** The packages that can run on virtual controllers, with the package that has their HCI socket. */
const SOCKET_PACKAGE = {
  '@stoprocent/noble': '@stoprocent/bluetooth-hci-socket',
  '@stoprocent/bleno': '@stoprocent/bluetooth-hci-socket',
  '@abandonware/noble': '@abandonware/bluetooth-hci-socket',
  '@abandonware/bleno': '@abandonware/bluetooth-hci-socket',
} as const;

export type BluetoothPackage = keyof typeof SOCKET_PACKAGE;

/**
 * Loads a private copy of an installed noble or bleno, unmodified, whose HCI sockets are of the class given, and gives
 * what the package exports: an instance that is not started yet. Each call is a device of its own, although the packages
 * keep one instance a process: modules are loaded anew, with the socket package's place in Node's module cache taken for
 * as long as that lasts. Throws ERR_PACKAGE_MISSING.
 */
export function loadBluetoothPackage(name: BluetoothPackage, HciSocket: HciSocketClass): unknown {
  const require = createRequire(import.meta.url);
  const entry = resolved(name, require);
  const socketEntry = resolved(SOCKET_PACKAGE[name], createRequire(entry));
  const root = `${dirname(entry)}${sep}`;
  const { cache } = require;
  const isOurs = (path: string) => path === socketEntry || path.startsWith(root);
  const before = Object.entries(cache).filter(([path]) => isOurs(path));
  const forget = () => {
    for (const path of Object.keys(cache).filter(isOurs)) delete cache[path];
  };
  forget();
  const substitute = new Module(socketEntry);
  // One package takes the export as the class, the other asks its `loadDriver`.
  substitute.exports = Object.assign(HciSocket, { loadDriver: () => HciSocket });
  substitute.loaded = true;
  cache[socketEntry] = substitute;
  try {
    return require(entry);
  } finally {
    forget();
    for (const [path, module] of before) cache[path] = module;
  }
}

/** A noble and a bleno of the maintained family for the adapter of a computer, as the Bluetooth transport takes them. */
export function packagesOn(computer: Computer) {
  const load = async (name: BluetoothPackage): Promise<unknown> => loadBluetoothPackage(name, hciSocketClass(computer));
  return {
    family: { hasConnections: true },
    loadNoble: () => load('@stoprocent/noble'),
    loadBleno: () => load('@stoprocent/bleno'),
  };
}

/** Whether {@link packagesOn} can work: the packages are optional, and not everywhere. */
export function hasBluetoothPackages(): boolean {
  const require = createRequire(import.meta.url);
  try {
    for (const name of ['@stoprocent/noble', '@stoprocent/bleno'] as const) {
      resolved(SOCKET_PACKAGE[name], createRequire(resolved(name, require)));
    }
    return true;
  } catch {
    return false;
  }
}

/** What the packages have inside, as far as stopping needs it. */
interface Insides {
  readonly stop?: () => void;
  readonly _bindings?: {
    readonly onSigIntBinded?: () => void;
    readonly _hci?: { pollIsDevUp?: () => void; readonly _socket?: { stop(): void } } | null;
  };
}

/**
 * Stops an instance for good. Both bleno and one of the nobles ask once a second, for ever, whether their adapter is up,
 * and one noble has no `stop` at all, which keeps a process alive: so the question itself is taken away as well. The
 * last timer ends within two seconds. The same family leaves its listener for SIGINT behind, which would end the process.
 */
export function stopBluetoothPackage(instance: unknown): void {
  const { stop, _bindings } = instance as Insides;
  const hci = _bindings?._hci;
  if (hci === undefined || hci === null) return;
  stop?.call(instance);
  hci._socket?.stop();
  hci.pollIsDevUp = () => {};
  if (_bindings?.onSigIntBinded !== undefined) process.off('SIGINT', _bindings.onSigIntBinded);
}

function resolved(name: string, require: NodeJS.Require): string {
  try {
    return require.resolve(name);
  } catch (cause) {
    throw new WaypostError('ERR_PACKAGE_MISSING', `${name} is not installed here`, { cause });
  }
}

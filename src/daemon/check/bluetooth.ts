import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { Environment } from '../io.js';
import type { Machine } from '../machine.js';
import { isBluetooth, usesBluetooth } from '../run/bluetooth.js';
import { type Check, error, type Finding, note, ok, warning } from './finding.js';

const ADAPTERS = '/sys/class/bluetooth';
const RECEIVE_BUFFER = '/proc/sys/net/core/rmem_default';
/** With 64 KB every burst lost packets, with Linux' 208 KB one in eight, with a few megabytes none. */
const ENOUGH_BYTES = 4 * 1024 * 1024;
/** CAP_NET_RAW (linux/capability.h), without which an HCI socket lets nothing through. */
const CAP_NET_RAW = 13n;
/** Names the UART of an adapter that is none of the kernel's: a module with HCI firmware, or that of `waypost sim`. */
const UART_VARIABLE = 'BLUETOOTH_HCI_SOCKET_UART_PORT';

/** What stands in the way of Bluetooth, where the gateway is to use it. Adapters as such are looked at for everybody. */
export const checkBluetooth: Check = async ({ machine, loaded, env }) => {
  const config = loaded?.config;
  if (config === undefined || !usesBluetooth(config)) return [];
  const { packages, seek, slots } = config.bluetooth;
  const isServing = config.links.listen.some(isBluetooth);
  const names = [...(isServing ? ['bleno'] : []), ...(seek.length > 0 ? ['noble'] : [])];
  const loading: Finding[] = [];
  for (const name of names) loading.push(await checkPackage(machine, `@${packages}/${name}`));
  const uart = env[UART_VARIABLE];
  if (uart !== undefined) return [...loading, await checkUart(machine, uart, packages)];
  return [
    ...loading,
    ...(isServing && seek.length > 0 ? await checkBothRoles(machine, slots, env) : []),
    ...(await checkPermission(machine)),
    ...(await checkDaemon(machine)),
    ...(await checkBuffer(machine)),
  ];
};

/** Loads it in a process of its own: what has a native part may end the process that loads it. */
async function checkPackage(machine: Machine, name: string): Promise<Finding> {
  let file: string;
  try {
    file = createRequire(import.meta.url).resolve(name);
  } catch {
    return error(
      `${name} is not installed: it needs a compiler when it is.`,
      `sudo apt install build-essential python3, then npm install ${name}`,
    );
  }
  const program = `await import(${JSON.stringify(pathToFileURL(file).href)})`;
  if ((await machine.run(process.execPath, ['--input-type=module', '-e', program])) !== undefined) {
    return ok(`${name} can be loaded.`);
  }
  return error(
    `${name} cannot be loaded: the kernel has no Bluetooth, or it was built for another Node.`,
    `npm rebuild ${name}`,
  );
}

async function checkUart(machine: Machine, port: string, packages: string): Promise<Finding> {
  if (packages !== 'stoprocent') {
    return error(`${UART_VARIABLE} means nothing to the packages of ${packages}.`, 'bluetooth.packages: stoprocent');
  }
  if (await machine.exists(port)) return ok(`The Bluetooth adapter is the one at ${port}.`);
  return error(
    `There is nothing at ${port}, where ${UART_VARIABLE} says that the Bluetooth adapter is.`,
    'plug it in, or start waypost sim; then start the gateway',
  );
}

/** A package of the one role resets the adapter of the other, and radios serve scanning and their connections by turns. */
async function checkBothRoles(machine: Machine, slots: number, env: Environment): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  if (slots === 1) {
    const message = 'bluetooth.slots is 1: whom the gateway sought, and phones, send each other away.';
    found.push(note(message, 'set bluetooth.slots to 3 or more'));
  }
  const roles = [env.NOBLE_HCI_DEVICE_ID, env.BLENO_HCI_DEVICE_ID];
  if (roles[0] !== roles[1]) return found;
  const adapters = (await machine.list(ADAPTERS)).filter((name) => /^hci\d+$/.test(name));
  const setUp = 'set NOBLE_HCI_DEVICE_ID=1 and BLENO_HCI_DEVICE_ID=0 in the environment of the gateway';
  found.push(
    note(
      'The gateway serves phones and seeks sensors on one Bluetooth adapter; it is steadier with one for each.',
      adapters.length > 1 ? setUp : `plug in a second one, then ${setUp}`,
    ),
  );
  return found;
}

async function checkPermission(machine: Machine): Promise<readonly Finding[]> {
  const status = (await machine.readText('/proc/self/status')) ?? '';
  const [, effective] = /^CapEff:\s*([0-9a-f]+)$/m.exec(status) ?? [];
  if (effective === undefined || ((BigInt(`0x${effective}`) >> CAP_NET_RAW) & 1n) === 1n) return [];
  const fix =
    'in the service: AmbientCapabilities=CAP_NET_RAW CAP_NET_ADMIN; by hand: sudo setcap cap_net_raw,cap_net_admin+eip "$(readlink -f "$(which node)")"';
  return [warning('This user may not use the Bluetooth adapter.', fix)];
}

async function checkDaemon(machine: Machine): Promise<readonly Finding[]> {
  const state = await machine.run('systemctl', ['is-active', 'bluetooth']);
  if (state?.trim() !== 'active') return [];
  return [
    warning(
      'bluetoothd is running: it and the gateway get in the way of each other.',
      'sudo systemctl disable --now bluetooth, then sudo hciconfig hci0 up',
    ),
  ];
}

async function checkBuffer(machine: Machine): Promise<readonly Finding[]> {
  const bytes = Number((await machine.readText(RECEIVE_BUFFER))?.trim() || Number.NaN);
  if (!(bytes < ENOUGH_BYTES)) return [];
  const fix = `echo net.core.rmem_default=${ENOUGH_BYTES} | sudo tee /etc/sysctl.d/60-waypost.conf && sudo sysctl --system`;
  return [
    note(`The kernel drops Bluetooth packets when ${bytes} bytes wait; they are sent again, which takes time.`, fix),
  ];
}

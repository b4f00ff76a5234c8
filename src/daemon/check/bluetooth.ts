import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { Machine } from '../machine.js';
import { isBluetooth } from '../run/bluetooth.js';
import { type Check, error, type Finding, note, ok, warning } from './finding.js';

const RECEIVE_BUFFER = '/proc/sys/net/core/rmem_default';
/** With 64 KB every burst lost packets, with Linux' 208 KB one in eight, with a few megabytes none. */
const ENOUGH_BYTES = 4 * 1024 * 1024;
/** CAP_NET_RAW (linux/capability.h), without which an HCI socket lets nothing through. */
const CAP_NET_RAW = 13n;
/** Names the UART of an adapter that is none of the kernel's: a module with HCI firmware, or that of `waypost sim`. */
const UART_VARIABLE = 'BLUETOOTH_HCI_SOCKET_UART_PORT';

/** What stands in the way of Bluetooth, where the gateway is to use it. Adapters as such are looked at for everybody. */
export const checkBluetooth: Check = async ({ machine, env, loaded }) => {
  const config = loaded?.config;
  if (config === undefined || !config.links.listen.some(isBluetooth)) return [];
  const { packages } = config.bluetooth;
  const uart = env[UART_VARIABLE];
  if (uart !== undefined)
    return [await checkPackage(machine, `@${packages}/bleno`), await checkUart(machine, uart, packages)];
  return [
    await checkPackage(machine, `@${packages}/bleno`),
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

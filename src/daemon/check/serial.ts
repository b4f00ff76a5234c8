import os from 'node:os';
import type { Machine } from '../machine.js';
import { type Check, error, type Finding, note, ok, warning } from './finding.js';

const DEVICES = '/dev';
/** Names that stay the same wherever an adapter is plugged in. */
const BY_ID = '/dev/serial/by-id';
/** UARTs of a Raspberry Pi and adapters; not ttyS0 to ttyS31, which exist whether or not anything is behind them. */
const PORT_NAME = /^(ttyUSB|ttyACM|ttyAMA|serial)\d+$/;
const NUMBERED_ADAPTER = /^\/dev\/tty(USB|ACM)\d+$/;
const CONSOLES = /^\/dev\/(serial|ttyAMA|ttyS)\d+$/;

/** Which serial ports there are, and what is wrong with those that the gateway is to use. */
export const checkSerial: Check = async ({ machine, loaded }) => {
  const byId = await machine.list(BY_ID);
  const others = (await machine.list(DEVICES)).filter((name) => PORT_NAME.test(name));
  const names = [...byId, ...others.map((name) => `${DEVICES}/${name}`)];
  const wanted = (loaded?.config.links.listen ?? []).filter((address) => address.startsWith('serial:'));
  return [
    names.length > 0
      ? ok(`Serial ports: ${names.join(', ')}.`)
      : note('Serial ports: none found. No radio or cable is connected by USB.'),
    ...(await Promise.all(wanted.map((address) => checkPort(machine, pathOf(address), byId)))),
  ];
};

async function checkPort(machine: Machine, path: string, byId: readonly string[]): Promise<Finding> {
  if (!(await machine.exists(path))) {
    return warning(`${path} is not there. The gateway waits until it is plugged in.`, `ls ${BY_ID}`);
  }
  if ((await machine.writable(path)) !== 'yes') {
    const fix = `sudo usermod -aG dialout ${os.userInfo().username}, then log in again`;
    return error(`${path} cannot be used: no permission.`, fix);
  }
  if (await isConsole(machine, path)) {
    const fix = 'sudo raspi-config nonint do_serial_cons 1, then restart the machine';
    return error(`${path} is the console of this machine: it writes into what devices say.`, fix);
  }
  if (NUMBERED_ADAPTER.test(path) && byId.length > 0) {
    const fix = `use its name in ${BY_ID} in links.listen: ${byId.join(' or ')}`;
    return warning(`${path} is another device after it was plugged in again, or in another order.`, fix);
  }
  return ok(`${path} can be used.`);
}

/** The kernel writes to the ports that its command line names, and reads from them. */
async function isConsole(machine: Machine, path: string): Promise<boolean> {
  if (!CONSOLES.test(path)) return false;
  const commandLine = (await machine.readText('/proc/cmdline')) ?? '';
  const consoles = [...commandLine.matchAll(/\bconsole=([A-Za-z0-9]+)/g)].map(([, name]) => name);
  // serial0 is a Raspberry Pi's name for whichever of its UARTs is on the pins.
  return consoles.some((name) => path === `${DEVICES}/${name}`);
}

/** The path in `serial:PATH?...`. */
function pathOf(address: string): string {
  const path = address.slice(address.indexOf(':') + 1).replace(/[?#].*$/, '');
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

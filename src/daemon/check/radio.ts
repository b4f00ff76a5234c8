import { type Check, type CheckContext, type Finding, note, ok, warning } from './finding.js';

const BLUETOOTH = '/sys/class/bluetooth';
const RFKILL = '/sys/class/rfkill';

/** A gateway without any radio is a good gateway all the same: what is missing is a note. */
export const checkRadio: Check = async (context) => {
  const { machine } = context;
  const adapters = (await machine.list(BLUETOOTH)).filter((name) => /^hci\d+$/.test(name));
  return [
    adapters.length > 0
      ? ok(`Bluetooth: ${adapters.join(', ')}.`)
      : note('Bluetooth: none found. Phones cannot reach this gateway by Bluetooth.', 'plug in an adapter'),
    ...(await checkBlocked(context)),
  ];
};

async function checkBlocked({ machine }: CheckContext): Promise<readonly Finding[]> {
  for (const name of await machine.list(RFKILL)) {
    const read = async (file: string) => (await machine.readText(`${RFKILL}/${name}/${file}`))?.trim();
    if ((await read('type')) !== 'bluetooth') continue;
    if ((await read('soft')) === '1') return [warning('Bluetooth is switched off.', 'sudo rfkill unblock bluetooth')];
    if ((await read('hard')) === '1') return [warning('Bluetooth is switched off by a switch on the machine.')];
  }
  return [];
}

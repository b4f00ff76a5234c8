import { once } from 'node:events';
import { Computer } from '../../../firmware-sim/bluetooth/computer.js';
import { VirtualController } from '../../../firmware-sim/bluetooth/controller.js';
import { hciSocketClass } from '../../../firmware-sim/bluetooth/hci-socket.js';
import { runUntil } from '../../../firmware-sim/bluetooth/pace.js';
import { loadBluetoothPackage, stopBluetoothPackage } from '../../../firmware-sim/bluetooth/packages.js';
import { Radio } from '../../../firmware-sim/bluetooth/radio.js';
import { Timeline } from '../../../firmware-sim/bluetooth/timeline.js';
import { seededRandom } from '../../../firmware-sim/random.js';
import { GattServer, SERVICE } from './gatt-server.js';
import { type Bleno, FAMILIES, type Noble } from './packages.js';

/*
 * A program that uses noble and bleno of the family named by its argument, stops them, and then has nothing left to do.
 */

const family = FAMILIES.find((known) => known === process.argv[2]) ?? 'stoprocent';
const timeline = new Timeline();
const radio = new Radio({ timeline, random: seededRandom(1) });

function start(name: 'noble' | 'bleno', address: string): unknown {
  const computer = new Computer({ timeline });
  computer.plug(0, new VirtualController({ radio, address }));
  return loadBluetoothPackage(`@${family}/${name}`, hciSocketClass(computer));
}

const bleno = start('bleno', 'c0:ff:ee:00:00:01') as Bleno;
const noble = start('noble', 'c0:ff:ee:00:00:02') as Noble;

async function use(): Promise<void> {
  await Promise.all([once(bleno, 'stateChange'), once(noble, 'stateChange')]);
  await new GattServer(bleno, family).advertise();
  const found = once(noble, 'discover');
  await noble.startScanningAsync([SERVICE], false);
  const [peripheral] = await found;
  await noble.stopScanningAsync();
  await peripheral.connectAsync();
}

await runUntil(timeline, use());
stopBluetoothPackage(noble);
stopBluetoothPackage(bleno);
process.stdout.write('stopped\n');

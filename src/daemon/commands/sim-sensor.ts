import type { InstrumentKind } from '../../../firmware-sim/index.js';
import { fromUtf8 } from '../../core/bytes.js';
import { WaypostError } from '../../core/errors.js';
import { keyBytes } from '../../sensor/device.js';
import { readSmallFile } from '../data-folder/small-file.js';
import type { Io } from '../io.js';
import type { SensorTransport } from '../sim/medium.js';
import type { SimulateSensorOptions } from '../sim/simulate-sensor.js';
import { readKey } from './device-key.js';

/** What the options of `waypost sim` say about a sensor. */
export interface SensorOptions {
  device?: InstrumentKind;
  id?: string;
  keyFile?: string;
  auth?: SimulateSensorOptions['authentication'];
  scenario?: string;
  username?: string;
  passwordFile?: string;
  transport?: SensorTransport;
}

/** Where each kind of sensor is found, unless --transport says otherwise. */
const USUAL_TRANSPORT = {
  thermometer: 'serial',
  tracker: 'mqtt',
  beacon: 'ble',
} as const satisfies Readonly<Record<InstrumentKind, SensorTransport>>;

const MAX_PASSWORD_BYTES = 1024;

export const SENSOR_KINDS = Object.keys(USUAL_TRANSPORT);

/** Throws ERR_USAGE, and what reading a key throws. */
export async function readSensorOptions(options: SensorOptions & { readonly device: InstrumentKind }, io: Io) {
  const { device: kind, id, keyFile, auth: authentication = 'hmac-256-64', scenario, username, passwordFile } = options;
  const key = await readKey(keyFile, io);
  if (id === undefined || typeof key !== 'string') {
    throw new WaypostError('ERR_USAGE', 'which device is it, and with which shared key? --id ID --key-file FILE');
  }
  const password = passwordFile === undefined ? undefined : await readPassword(passwordFile);
  const transport = options.transport ?? USUAL_TRANSPORT[kind];
  const secret = keyBytes(key);
  return { kind, transport, id, authentication, secret, scenario, username, password };
}

async function readPassword(file: string): Promise<string> {
  const bytes = await readSmallFile(file, MAX_PASSWORD_BYTES);
  if (bytes === undefined) throw new WaypostError('ERR_CONFIG', `there is no file ${file}`);
  return fromUtf8(bytes).trim();
}

import { isWaypostError } from '../../core/errors.js';
import { toNewDevice } from '../../sensor/device.js';
import type { Sensors } from '../../sensor/sensors.js';
import type { AddedDevice, DeviceOperator } from './operator.js';

/** The devices of a gateway, in terms that travel as JSON. */
export function createDeviceOperator(sensors: Pick<Sensors, 'devices' | 'command'>): DeviceOperator {
  const { devices } = sensors;
  const add = async (device: unknown): Promise<AddedDevice> => {
    try {
      return { outcome: 'added', device: await devices.add(toNewDevice(device)) };
    } catch (error) {
      if (!isWaypostError(error)) throw error;
      return { outcome: 'refused', code: error.code, message: error.message };
    }
  };
  return {
    devices: (page) => devices.list(page),
    addDevices: (wanted) => Promise.all(wanted.map(add)),
    removeDevice: (id) => devices.remove(id),
    rekeyDevice: (id, key) => devices.rekey(id, key),
    commandDevice: (id, command) => sensors.command(id, command),
  };
}

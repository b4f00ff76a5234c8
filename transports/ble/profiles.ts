import { NATIVE_SERVICE } from '../../src/link/gatt/native-service.js';
import type { GattProfile } from './ports.js';

/** waypost's own: frames of the link protocol, fast, with their own repetition (docs/transports/ble.md, "Native"). */
export const NATIVE: GattProfile = {
  serviceUuid: withoutDashes(NATIVE_SERVICE.service),
  writeUuid: withoutDashes(NATIVE_SERVICE.toPeripheral),
  writes: 'withoutResponse',
  updateUuid: withoutDashes(NATIVE_SERVICE.toCentral),
  updates: 'notify',
  informationUuid: withoutDashes(NATIVE_SERVICE.information),
};

/**
 * DIDComm over Bluetooth, a draft of the DIF of 2021 ("didcomm-bluetooth"), as the libraries of phones speak it: text,
 * acknowledged value by value (docs/transports/ble.md, "DIF").
 */
export const DIF: GattProfile = {
  serviceUuid: 'd2f195b62e804ab0be2432ebe761352f',
  writeUuid: 'c3103dedafd7477cb2792ad264e20e74',
  writes: 'withResponse',
  updateUuid: 'e6e97879780a4c9bb4e6dcae3793a3e8',
  updates: 'indicate',
  informationUuid: undefined,
};

/** What the transport serves when it is a peripheral. */
export const PROFILES: readonly GattProfile[] = [NATIVE, DIF];

function withoutDashes(uuid: string): string {
  return uuid.replaceAll('-', '');
}

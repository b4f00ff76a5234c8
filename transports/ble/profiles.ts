import type { GattProfile } from './ports.js';

/** waypost's own: frames of the link protocol, fast, with their own repetition (docs/transports/ble.md, "Native"). */
export const NATIVE: GattProfile = {
  serviceUuid: '84cc8e018f2e4760a11d9cef20aa0005',
  writeUuid: '84cc8e028f2e4760a11d9cef20aa0005',
  writes: 'withoutResponse',
  updateUuid: '84cc8e038f2e4760a11d9cef20aa0005',
  updates: 'notify',
  informationUuid: '84cc8e048f2e4760a11d9cef20aa0005',
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

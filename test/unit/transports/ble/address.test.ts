import { expect, test } from 'vitest';
import { checkListenAddress, parseBleAddress } from '../../../../transports/ble/address.js';
import { advertisementOf } from '../../../../transports/ble/advertisement.js';
import { DIF, NATIVE } from '../../../../transports/ble/profiles.js';

test('an address names a device, or none, and an MTU', () => {
  expect(parseBleAddress('ble:', 'ble')).toEqual({ device: undefined, mtu: 247 });
  expect(parseBleAddress('ble:C0:FF:EE:00:00:01', 'ble')).toEqual({ device: 'c0:ff:ee:00:00:01', mtu: 247 });
  expect(parseBleAddress('ble-dif:?mtu=517', 'ble-dif')).toEqual({ device: undefined, mtu: 517 });
});

test.each([
  'ble',
  'ble-dif:',
  'serial:/dev/ttyUSB0',
  'ble:c0:ff:ee',
  'ble:hci0',
  'ble:?mtu=22',
  'ble:?mtu=518',
  'ble:?mtu=',
  'ble:?mtu=100&mtu=200',
  'ble:?phy=2',
])('%s is refused', (address) => {
  expect(() => parseBleAddress(address, 'ble')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
});

test('to listen there is nothing to say', () => {
  checkListenAddress('ble:', 'ble');
  for (const address of ['ble:?mtu=100', 'ble:c0:ff:ee:00:00:01', 'ble-dif:']) {
    expect(() => checkListenAddress(address, 'ble')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
  }
});

test('both services fit into an advertisement and its scan response', () => {
  const { advertisement, scanResponse } = advertisementOf([NATIVE.serviceUuid, DIF.serviceUuid]);
  expect(Buffer.from(advertisement).toString('hex')).toBe('02010611060500aa20ef9c1da160472e8f018ecc84');
  expect(Buffer.from(scanResponse).toString('hex')).toBe(`1106${reversed(DIF.serviceUuid)}`);
  expect(advertisementOf([DIF.serviceUuid]).scanResponse).toHaveLength(0);
});

function reversed(uuid: string): string {
  return Buffer.from(uuid, 'hex').reverse().toString('hex');
}

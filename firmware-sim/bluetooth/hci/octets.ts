import { quote, WaypostError } from '../../../src/core/errors.js';

/** The two octets of a number, the lower one first, as everything in HCI. */
export function u16(value: number): [number, number] {
  return [value & 0xff, (value >>> 8) & 0xff];
}

/** The number whose lower octet is at `offset`; octets that are not there count as zero. */
export function readU16(bytes: Uint8Array, offset: number): number {
  return (bytes[offset] ?? 0) | ((bytes[offset + 1] ?? 0) << 8);
}

const ADDRESS = /^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/;

/** A device address such as `c0:ff:ee:00:00:01` as six octets, the last of the text first. Throws ERR_INVALID_ARGUMENT. */
export function addressOctets(address: string): number[] {
  if (!ADDRESS.test(address)) {
    throw new WaypostError('ERR_INVALID_ARGUMENT', `${quote(address)} is not six lower-case hex octets with colons`);
  }
  return address
    .split(':')
    .map((octet) => Number.parseInt(octet, 16))
    .reverse();
}

/** The text of the device address that starts at `offset`. */
export function readAddress(bytes: Uint8Array, offset: number): string {
  return [...bytes.subarray(offset, offset + 6)]
    .reverse()
    .map((octet) => octet.toString(16).padStart(2, '0'))
    .join(':');
}

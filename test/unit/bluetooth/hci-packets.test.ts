import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BOUNDARY, OPCODE, REPORT, ROLE, STATUS } from '../../../firmware-sim/bluetooth/hci/codes.js';
import {
  commandComplete,
  commandStatus,
  disconnectionComplete,
  leAdvertisingReport,
  leConnectionComplete,
  leConnectionUpdateComplete,
  leDataLengthChange,
  numberOfCompletedPackets,
} from '../../../firmware-sim/bluetooth/hci/events.js';
import { addressOctets, readAddress } from '../../../firmware-sim/bluetooth/hci/octets.js';
import { aclPacket, commandPacket, parseFromHost } from '../../../firmware-sim/bluetooth/hci/packets.js';
import { dataLength } from '../../../firmware-sim/bluetooth/hci/units.js';
import { toHex } from '../../../src/core/bytes.js';
import { isWaypostError } from '../../../src/core/errors.js';

const ADDRESS = 'c0:ff:ee:00:00:01';

describe('packets of a controller, octet by octet', () => {
  const parameters = { interval: 24, latency: 0, supervisionTimeout: 42 };
  const vectors: readonly [string, Uint8Array, string][] = [
    ['Command Complete of Reset', commandComplete(OPCODE.reset, STATUS.success), '040e0401030c00'],
    ['Command Complete, unknown command', commandComplete(0x2041, STATUS.unknownCommand), '040e0401412001'],
    [
      'Command Complete with returns',
      commandComplete(OPCODE.leReadBufferSize, 0, [0xfb, 0, 8]),
      '040e0701022000fb0008',
    ],
    ['Command Status of LE Create Connection', commandStatus(OPCODE.leCreateConnection, 0), '040f0400010d20'],
    ['Disconnection Complete', disconnectionComplete(0x40, 0x13), '04050400400013'],
    ['Number Of Completed Packets', numberOfCompletedPackets(0x40, 2), '0413050140000200'],
    [
      'LE Connection Complete',
      leConnectionComplete({ status: 0, handle: 0x40, role: ROLE.peripheral, peer: ADDRESS, ...parameters }),
      '043e13010040000100010000eeffc0180000002a0000',
    ],
    [
      'LE Advertising Report',
      leAdvertisingReport({ type: REPORT.connectable, address: ADDRESS, data: Uint8Array.of(2, 1, 6), rssiDbm: -60 }),
      '043e0f02010000010000eeffc003020106c4',
    ],
    ['LE Connection Update Complete', leConnectionUpdateComplete(0x40, parameters), '043e0a03004000180000002a00'],
    ['LE Data Length Change', leDataLengthChange(0x40, dataLength(251)), '043e0b074000fb004808fb004808'],
    ['ACL data', aclPacket(0x40, BOUNDARY.first, Uint8Array.of(1, 2, 3)), '0240200300010203'],
    ['a command', commandPacket(OPCODE.disconnect, [0x40, 0, 0x13]), '01060403400013'],
  ];
  test.each(vectors)('%s', (_name, packet, hex) => {
    expect(toHex(packet)).toBe(hex);
  });
});

test('what a host writes is read back', () => {
  expect(parseFromHost(commandPacket(OPCODE.reset))).toEqual({
    type: 'command',
    opcode: 0x0c03,
    parameters: new Uint8Array(0),
  });
  const data = Uint8Array.of(3, 0, 4, 0, 1, 2, 3);
  const packet = aclPacket(0xefe, BOUNDARY.continuing, data);
  expect(parseFromHost(packet)).toEqual({ type: 'acl', handle: 0xefe, boundary: BOUNDARY.continuing, data });
});

test.each([
  ['nothing', []],
  ['an event', [0x04, 0x0e, 0]],
  ['half a header', [0x01, 0x03]],
  ['a command that is shorter than it says', [0x01, 0x03, 0x0c, 1]],
  ['data that are longer than they say', [0x02, 0x40, 0, 0, 0, 1]],
  ['a boundary flag that hosts do not use', [0x02, 0x40, 0x30, 0, 0]],
])('%s is refused', (_name, octets) => {
  expect(() => parseFromHost(Uint8Array.from(octets))).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
  );
});

test('whatever a host writes is read or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      try {
        const packet = parseFromHost(bytes);
        const again =
          packet.type === 'acl'
            ? aclPacket(packet.handle, packet.boundary, packet.data)
            : commandPacket(packet.opcode, packet.parameters);
        return packet.type === 'command' ? toHex(again) === toHex(bytes) : again.length === bytes.length;
      } catch (error) {
        return isWaypostError(error, 'ERR_INVALID_ARGUMENT');
      }
    }),
  );
});

test('addresses', () => {
  expect(readAddress(Uint8Array.from([9, ...addressOctets(ADDRESS)]), 1)).toBe(ADDRESS);
  expect(() => addressOctets('C0:FF:EE:00:00:01')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
});

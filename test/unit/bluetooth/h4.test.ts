import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BOUNDARY, OPCODE } from '../../../firmware-sim/bluetooth/hci/codes.js';
import { H4Reader } from '../../../firmware-sim/bluetooth/hci/h4.js';
import { aclPacket, commandPacket } from '../../../firmware-sim/bluetooth/hci/packets.js';
import { concatBytes, toHex } from '../../../src/core/bytes.js';

const MAX_ACL_OCTETS = 251;
const RESET = commandPacket(OPCODE.reset);
const readAll = (reader: H4Reader, ...chunks: Uint8Array[]): string[] =>
  chunks.flatMap((chunk) => [...reader.read(chunk)].map(toHex));

const packets = fc.oneof(
  fc.uint8Array({ maxLength: 255 }).map((parameters) => commandPacket(OPCODE.leSetScanEnable, parameters)),
  fc.uint8Array({ maxLength: MAX_ACL_OCTETS }).map((data) => aclPacket(0x40, BOUNDARY.continuing, data)),
);

test('packets come out as they went in, however the line cuts them', () => {
  fc.assert(
    fc.property(fc.array(packets), fc.array(fc.nat({ max: 40 })), (sent, cuts) => {
      const bytes = concatBytes(...sent);
      const chunks: Uint8Array[] = [];
      let from = 0;
      for (const length of cuts) {
        chunks.push(bytes.subarray(from, from + length));
        from += length;
      }
      const reader = new H4Reader(MAX_ACL_OCTETS);
      expect(readAll(reader, ...chunks, bytes.subarray(from))).toEqual(sent.map(toHex));
      expect(reader.isInStep).toBe(true);
    }),
  );
});

test('after any garbage, a reset and what follows it are read', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), packets, (garbage, next) => {
      const reader = new H4Reader(MAX_ACL_OCTETS);
      const other = Uint8Array.of(0x7e);
      readAll(reader, other, garbage);
      reader.loseStep();
      expect(readAll(reader, RESET, next).slice(-2)).toEqual([toHex(RESET), toHex(next)]);
    }),
  );
});

test.each([
  ['a type that hosts do not send', [0x04, 0x0e, 0]],
  ['more ACL data than the controller takes', [0x02, 0x40, 0, MAX_ACL_OCTETS + 1, 0]],
])('%s puts it out of step, at once', (_name, octets) => {
  const reader = new H4Reader(MAX_ACL_OCTETS);
  expect(readAll(reader, Uint8Array.from(octets))).toEqual([]);
  expect(reader.isInStep).toBe(false);
});

test('a packet that is begun and not ended holds nothing up once it is dropped', () => {
  const reader = new H4Reader(MAX_ACL_OCTETS);
  expect(readAll(reader, aclPacket(0x40, BOUNDARY.first, new Uint8Array(100)).subarray(0, 50))).toEqual([]);
  reader.dropIncomplete();
  expect(readAll(reader, RESET)).toEqual([toHex(RESET)]);
});

import { expect, test } from 'vitest';
import { utf8 } from '../../../../src/core/bytes.js';
import { decodeInformation, encodeInformation } from '../../../../transports/ble/information.js';

const station = '0123456789abcdef0123456789abcdef';
const NOTHING = { did: undefined, maxMessageBytes: 0, station: undefined, seeks: false };

test('what a station says of itself can be read again; a DID that is too long is left out', () => {
  const said = { did: 'did:web:gateway.example', maxMessageBytes: 1000, station, seeks: true };
  expect(decodeInformation(encodeInformation(said))).toEqual(said);
  const long = encodeInformation({ ...said, did: `did:peer:2${'x'.repeat(500)}` });
  expect(long.length).toBeLessThan(512);
  expect(decodeInformation(long)).toEqual({ ...said, did: undefined });
});

test('of nonsense nothing is believed', () => {
  for (const text of ['', 'x', '[]', '{"did":1,"station":"g","seeks":"yes","maxMessageBytes":"1"}', '[['.repeat(200)]) {
    expect(decodeInformation(utf8(text))).toEqual(NOTHING);
  }
  expect(decodeInformation(undefined)).toEqual(NOTHING);
  expect(decodeInformation(Uint8Array.of(0xff))).toEqual(NOTHING);
  expect(decodeInformation(new Uint8Array(513).fill(0x20))).toEqual(NOTHING);
});

import { expect, test } from 'vitest';
import { type DeviceState, decodeState, encodeState } from '../../../src/sensor/device-state.js';
import { cbor } from '../../support/sensor-device.js';

const STATE: DeviceState = {
  sequence: { epoch: 3, counter: 70, hashes: Uint8Array.of(1, 2, 3, 4), previous: undefined },
  grants: [{ epoch: 3, nonce: new Uint8Array(8), challengeHash: Uint8Array.of(9, 9, 9, 9) }],
  lastCommand: 2,
  commands: [[2, 2, 60]],
  lastReport: { command: [1, 1], status: 0 },
  lastReceivedMs: 1_800_000_000_000,
};

test('what is known of a device is read as it was written', () => {
  expect(decodeState(encodeState(STATE))).toEqual(STATE);
  const { lastReport: _, ...state } = STATE;
  expect(decodeState(encodeState({ ...state, lastReport: undefined }))).toEqual({ ...state, lastReport: undefined });
});

test('a record of before reports were kept is read', () => {
  const NULL = Buffer.of(0xf6);
  const parts = [cbor(1), NULL, NULL, cbor([]), cbor(1), cbor([[1, 1]]), cbor(1800)];
  const before = Buffer.concat([Buffer.of(0x87), ...parts]);
  expect(decodeState(before)).toMatchObject({
    lastCommand: 1,
    commands: [[1, 1]],
    lastReport: undefined,
    lastReceivedMs: 1800,
  });
});

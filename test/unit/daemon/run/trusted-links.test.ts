import { expect, test } from 'vitest';
import { trustOf } from '../../../../src/daemon/run/trusted-links.js';

const isTrusted = (address: `${string}:${string}`, ...trustedLinks: string[]) => trustOf({ trustedLinks })(address);

test.each([
  ['serial:/dev/ttyUSB0', 'serial:'],
  ['serial:/dev/ttyUSB0', 'serial:/dev/ttyUSB0'],
  ['ble:aa:bb:cc', 'ble:aa:bb'],
  ['ws://10.0.0.1:9000/x', 'ws://10.0.0.1'],
  ['WS://Host/', 'ws://host'],
] as const)('%s is on the trusted link %s', (address, link) => {
  expect(isTrusted(address, 'other:', link)).toBe(true);
});

test.each([
  ['serial:/dev/ttyUSB10', 'serial:/dev/ttyUSB1'],
  ['ws://10.0.0.10/', 'ws://10.0.0.1'],
  ['ws://host.evil.example/', 'ws://host'],
  ['wss://host/', 'ws:'],
] as const)('%s is not on the trusted link %s: that is for the transport to say', (address, link) => {
  expect(isTrusted(address, link)).toBeUndefined();
});

test('nothing is trusted unless it is configured', () => {
  expect(isTrusted('ws://127.0.0.1/')).toBeUndefined();
});

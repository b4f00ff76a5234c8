import { expect, test } from 'vitest';
import { sourceOf } from '../../../src/router/source.js';

test.each([
  ['http://192.0.2.7:50123', 'http:192.0.2.7'],
  ['http://192.0.2.7/path', 'http:192.0.2.7'],
  ['ws://[2001:db8:1:2:3:4:5:6]:80', 'ws:[2001:db8:1:2::/64]'],
  ['ws://[2001:db8::6]:80', 'ws:[2001:db8:0:0::/64]'],
  ['http://[::ffff:192.0.2.7]:1', 'http:192.0.2.7'],
  ['ble:AA-BB-CC', 'ble:aa-bb-cc'],
  ['memory:peer', 'memory:peer'],
  ['odd:/a/b c\u0007', 'odd:/a/b c?'],
] as const)('%s counts as %s', (address, source) => {
  expect(sourceOf(address)).toBe(source);
});

test('two ports of one machine are one source, two machines are two', () => {
  expect(sourceOf('http://192.0.2.7:1')).toBe(sourceOf('http://192.0.2.7:2'));
  expect(sourceOf('http://192.0.2.7:1')).not.toBe(sourceOf('http://192.0.2.8:1'));
});

test('an endless address makes a short name', () => {
  expect(sourceOf(`x:${'y'.repeat(100_000)}`).length).toBeLessThanOrEqual(200);
});

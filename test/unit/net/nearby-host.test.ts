import { expect, test } from 'vitest';
import { isNearbyHost } from '../../../src/net/nearby-host.js';

test.each([
  '127.0.0.1',
  '192.168.1.7',
  '10.1.2.3',
  '169.254.1.1',
  '::1',
  'fd00::1',
  'fe80::1',
  'localhost',
  'broker',
  'Broker.local',
  'pi.local.',
  'nas.lan',
  'a.b.home.arpa',
])('%s is nearby', (host) => {
  expect(isNearbyHost(host)).toBe(true);
});

test.each(['1.1.1.1', '2606:4700::1111', 'broker.example', 'local.example', 'lan.com', 'mylocal.org'])(
  '%s is not',
  (host) => {
    expect(isNearbyHost(host)).toBe(false);
  },
);

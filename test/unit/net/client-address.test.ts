import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { createClientAddresses, sourceOf } from '../../../src/net/client-address.js';

function request(remoteAddress: string, forwarded?: string): IncomingMessage {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  return { socket: { remoteAddress }, headers } as unknown as IncomingMessage;
}

describe('the address of a client', () => {
  test.each([
    ['without proxies, the socket', [], '192.0.2.1', '203.0.113.5', '192.0.2.1'],
    ['from a stranger, the socket', ['10.0.0.0/8'], '192.0.2.1', '203.0.113.5', '192.0.2.1'],
    ['from a proxy, what it saw', ['10.0.0.0/8'], '10.0.0.1', '203.0.113.5', '203.0.113.5'],
    ['not what the client wrote itself', ['10.0.0.0/8'], '10.0.0.1', '1.1.1.1, 203.0.113.5', '203.0.113.5'],
    ['through two proxies', ['10.0.0.0/8'], '10.0.0.1', '203.0.113.5, 10.0.0.2', '203.0.113.5'],
    ['up to what is no address', ['10.0.0.0/8'], '10.0.0.1', 'unknown, 10.0.0.2', '10.0.0.2'],
    ['without the header, the proxy', ['10.0.0.0/8'], '10.0.0.1', undefined, '10.0.0.1'],
    ['IPv4 behind an IPv6 socket', [], '::ffff:192.0.2.1', undefined, '192.0.2.1'],
    ['a proxy behind an IPv6 socket', ['10.0.0.1'], '::ffff:10.0.0.1', '2001:db8::5', '2001:db8::5'],
  ])('is, %s', (_name, proxies, socket, forwarded, expected) => {
    expect(createClientAddresses(proxies).of(request(socket, forwarded))).toBe(expected);
  });

  test('takes only addresses and ranges as proxies', () => {
    expect(() => createClientAddresses(['proxy.local'])).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
    );
  });
});

describe('the source that limits count', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['', ''],
  ])('of %j is %j', (address, source) => {
    expect(sourceOf(address)).toBe(source);
  });
});

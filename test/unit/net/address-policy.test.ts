import { describe, expect, test } from 'vitest';
import { createAddressPolicy } from '../../../src/net/address-policy.js';

const strict = createAddressPolicy({ allow: [] });

describe('the default policy', () => {
  test.each([
    ['loopback', '127.0.0.1'],
    ['loopback, another', '127.255.255.254'],
    ['unspecified', '0.0.0.0'],
    ['private', '10.1.2.3'],
    ['private', '172.16.0.1'],
    ['private', '172.31.255.255'],
    ['private', '192.168.0.1'],
    ['carrier-grade NAT', '100.64.0.1'],
    ['link-local', '169.254.1.1'],
    ['cloud metadata', '169.254.169.254'],
    ['cloud metadata', '100.100.100.200'],
    ['cloud machine services', '168.63.129.16'],
    ['protocol assignments', '192.0.0.8'],
    ['documentation', '192.0.2.1'],
    ['documentation', '198.51.100.1'],
    ['documentation', '203.0.113.1'],
    ['benchmarks', '198.19.255.255'],
    ['multicast', '224.0.0.251'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['IPv6 loopback', '::1'],
    ['IPv6 unspecified', '::'],
    ['IPv6 link-local', 'fe80::1'],
    ['IPv6 link-local with a zone', 'fe80::1%eth0'],
    ['IPv6 site-local', 'fec0::1'],
    ['IPv6 unique local', 'fd12:3456::1'],
    ['IPv6 cloud metadata', 'fd00:ec2::254'],
    ['IPv6 multicast', 'ff02::fb'],
    ['IPv6 discard', '100::1'],
    ['IPv6 documentation', '2001:db8::1'],
    ['IPv6 documentation', '3fff::1'],
    ['IPv6 benchmarks', '2001:2::1'],
    ['IPv4-mapped loopback', '::ffff:127.0.0.1'],
    ['IPv4-mapped loopback in hexadecimal', '::ffff:7f00:1'],
    ['IPv4-mapped, spelled out', '0:0:0:0:0:ffff:0a00:0001'],
    ['IPv4-compatible', '::127.0.0.1'],
    ['IPv4-compatible, public', '::8.8.8.8'],
    ['NAT64 of a private address', '64:ff9b::10.0.0.1'],
    ['NAT64 of 0.0.0.1', '64:ff9b::1'],
    ['NAT64, local use', '64:ff9b:1::808:808'],
    ['6to4 of loopback', '2002:7f00:1::'],
    ['6to4 of a public address', '2002:808:808::'],
    ['Teredo', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
    ['not assigned', '4000::1'],
  ])('refuses %s: %s', (_name, address) => {
    expect(strict.check(address)).toBe(false);
  });

  test.each([
    '8.8.8.8',
    '172.32.0.1',
    '100.128.0.1',
    '2606:4700::1111',
    '2a00::1',
    '::ffff:8.8.8.8',
    '64:ff9b::8.8.8.8',
  ])('allows %s', (address) => {
    expect(strict.check(address)).toBe(true);
  });

  test.each(['', 'localhost', '0x7f.1', '2130706433', '127.1', '[::1]', '8.8.8.8/32', '08.8.8.8'])(
    'refuses %j, which is no IP address',
    (text) => {
      expect(strict.check(text)).toBe(false);
    },
  );

  test('says which option allows an address', () => {
    expect(() => strict.assert('192.168.1.5')).toThrow(
      expect.objectContaining({
        code: 'ERR_ADDRESS_REFUSED',
        message: expect.stringContaining('--allow-address 192.168.1.5'),
      }),
    );
    expect(() => strict.assert('8.8.8.8')).not.toThrow();
  });
});

describe('the allow list', () => {
  test('opens what it names and nothing beside it', () => {
    const policy = createAddressPolicy({ allow: ['192.168.1.0/24', '127.0.0.1', 'fd12::/16'] });
    expect(policy.check('192.168.1.77')).toBe(true);
    expect(policy.check('::ffff:192.168.1.77')).toBe(true);
    expect(policy.check('192.168.2.1')).toBe(false);
    expect(policy.check('127.0.0.1')).toBe(true);
    expect(policy.check('127.0.0.2')).toBe(false);
    expect(policy.check('fd12::1')).toBe(true);
    expect(policy.check('fd13::1')).toBe(false);
  });

  test('tells a named address from one that is public anyway', () => {
    const policy = createAddressPolicy({ allow: ['127.0.0.1'] });
    expect(policy.isListed('127.0.0.1')).toBe(true);
    expect(policy.isListed('8.8.8.8')).toBe(false);
  });

  test('all of IPv6 is not all of IPv4', () => {
    const policy = createAddressPolicy({ allow: ['::/0'] });
    expect(policy.check('::1')).toBe(true);
    expect(policy.check('127.0.0.1')).toBe(false);
    expect(policy.check('::ffff:127.0.0.1')).toBe(false);
  });

  test.each([
    '',
    'localhost',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0/8',
    '::/129',
    '10.0.0.0/-1',
    '10.0.0.0/8.5',
    'fe80::1%eth0',
    '::ffff:10.0.0.0/104',
  ])('refuses the entry %j', (entry) => {
    expect(() => createAddressPolicy({ allow: [entry] })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
    );
  });
});

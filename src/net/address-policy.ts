import { BlockList, isIP, SocketAddress } from 'node:net';
import { quote, WaypostError } from '../core/errors.js';

/** Which IP addresses an outgoing connection may reach. Addresses are text without brackets. */
export interface AddressPolicy {
  /** True when a connection to `address` is allowed; false also for what is not an IP address. */
  check(address: string): boolean;
  /** Throws ERR_ADDRESS_REFUSED, naming the address and the option that would allow it. */
  assert(address: string): void;
  /** True when `address` is not only allowed but named by the `allow` list. */
  isListed(address: string): boolean;
}

export interface AddressPolicyOptions {
  /** Addresses or CIDR ranges that are allowed although they are special, e.g. `192.168.1.0/24` or `::1`. */
  readonly allow: readonly string[];
}

/** IPv4 networks that are not the public internet (IANA IPv4 Special-Purpose Address Registry). */
const REFUSED_IPV4 = [
  '0.0.0.0/8', // "this network"; 0.0.0.0 reaches the machine itself
  '10.0.0.0/8', // private
  '100.64.0.0/10', // carrier-grade NAT
  '127.0.0.0/8', // loopback
  '168.63.129.16/32', // a cloud's machine services, on an otherwise public address
  '169.254.0.0/16', // link-local, and the clouds' metadata services
  '172.16.0.0/12', // private
  '192.0.0.0/24', // IETF protocol assignments
  '192.0.2.0/24', // documentation
  '192.52.193.0/24', // AMT relays
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16', // private
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, and the broadcast address
];

/** The one IPv6 block that holds public unicast addresses (RFC 4291, 2.4); all else is refused without a list. */
const GLOBAL_IPV6 = '2000::/3';

/** What is special within it (IANA IPv6 Special-Purpose Address Registry). */
const REFUSED_IPV6 = [
  '2001::/23', // IETF protocol assignments: Teredo, ORCHID, benchmarks
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4, which carries any IPv4 address
  '3fff::/20', // documentation
];

/**
 * Makes a policy that refuses loopback, link-local, private, shared, multicast and every other special network.
 *
 * Built on `BlockList` of node:net: it is part of the runtime, compares numbers and never text, and takes only what
 * the operating system itself would take as an address, so there is no second parser to disagree with it. IPv6 is
 * turned round: only the block of public addresses passes, so that forms which carry an IPv4 address (compatible,
 * 6to4, Teredo) and blocks assigned in future are refused unnamed. IPv4-mapped and NAT64 (RFC 6052) addresses are
 * judged as the IPv4 address they lead to, because on a network without IPv4 every public host has one.
 *
 * Throws ERR_INVALID_ARGUMENT for an entry of `allow` that is no address or range.
 */
export function createAddressPolicy({ allow }: AddressPolicyOptions): AddressPolicy {
  // One list a family: a BlockList with `::/0` would also match every IPv4 address.
  const listed = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const entry of allow) addRange(listed, entry);
  const refused = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const range of [...REFUSED_IPV4, ...REFUSED_IPV6]) addRange(refused, range);
  const global = { ipv4: new BlockList(), ipv6: new BlockList() };
  addRange(global, '0.0.0.0/0');
  addRange(global, GLOBAL_IPV6);

  const isListed = (text: string): boolean => {
    const address = effectiveAddress(text);
    return address !== undefined && listed[address.family].check(address.text, address.family);
  };
  const check = (text: string): boolean => {
    const address = effectiveAddress(text);
    if (address === undefined) return false;
    const { family } = address;
    if (listed[family].check(address.text, family)) return true;
    return global[family].check(address.text, family) && !refused[family].check(address.text, family);
  };
  return {
    check,
    isListed,
    assert(text) {
      if (check(text)) return;
      throw new WaypostError(
        'ERR_ADDRESS_REFUSED',
        `${quote(text)} is not an address on the public internet; to allow it: --allow-address ${text}`,
      );
    },
  };
}

type Family = 'ipv4' | 'ipv6';

interface Address {
  readonly family: Family;
  readonly text: string;
}

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/;
const NAT64 = /^64:ff9b::(?:([\da-f]{1,4}):)?([\da-f]{1,4})$/;

/** The address that a connection to `text` ends at: the IPv4 address where the IPv6 one only wraps it. */
function effectiveAddress(text: string): Address | undefined {
  const version = isIP(text);
  if (version === 4) return { family: 'ipv4', text };
  if (version !== 6) return undefined;
  // One spelling (RFC 5952) for each address, without a zone.
  const canonical = new SocketAddress({ address: text, family: 'ipv6' }).address;
  const mapped = MAPPED.exec(canonical)?.[1];
  if (mapped !== undefined) return { family: 'ipv4', text: mapped };
  const wrapped = NAT64.exec(canonical);
  if (wrapped !== null) {
    const high = Number.parseInt(wrapped[1] ?? '0', 16);
    const low = Number.parseInt(wrapped[2] ?? '0', 16);
    return { family: 'ipv4', text: `${high >>> 8}.${high & 0xff}.${low >>> 8}.${low & 0xff}` };
  }
  return { family: 'ipv6', text: canonical };
}

function addRange(lists: { readonly [family in Family]: BlockList }, range: string): void {
  const [text = '', length, ...rest] = range.split('/');
  const version = isIP(text);
  const bits = version === 4 ? 32 : 128;
  const prefix = length === undefined ? bits : /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN;
  if (version === 0 || text.includes('%') || rest.length > 0 || !(prefix <= bits)) {
    throw new WaypostError('ERR_INVALID_ARGUMENT', `${quote(range)} is neither an IP address nor a CIDR range`);
  }
  const family = version === 4 ? 'ipv4' : 'ipv6';
  if (family === 'ipv6' && effectiveAddress(text)?.family === 'ipv4') {
    throw new WaypostError('ERR_INVALID_ARGUMENT', `${quote(range)} wraps an IPv4 address: write that one instead`);
  }
  lists[family].addSubnet(text, prefix, family);
}

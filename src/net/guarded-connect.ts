import { lookup as systemLookup } from 'node:dns/promises';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import { rootCertificates } from 'node:tls';
import { buildConnector } from 'undici';
import { quote, WaypostError } from '../core/errors.js';
import type { AddressPolicy } from './address-policy.js';

/** All addresses of a host name; rejects when it has none. */
export type Lookup = (hostname: string) => Promise<readonly string[]>;

export interface GuardedConnectOptions {
  readonly policy: AddressPolicy;
  /** Default: the operating system's resolver. */
  readonly lookup?: Lookup;
  /** Certificates (PEM) of authorities to trust beside the public ones. */
  readonly extraCa?: readonly string[];
}

/**
 * Opens sockets only to addresses that the policy allows, until `signal` aborts.
 *
 * The check is on the address that is really connected to: names are resolved here and the socket is given the checked
 * addresses, so a name that resolves differently a moment later (DNS rebinding) changes nothing, and however an URL
 * spells an address (`0x7f.1`, `2130706433`, `[::ffff:127.0.0.1]`, `localhost.`) it has become one by then. Without TLS
 * the address must be named by the policy's allow list, because nothing else says who answers there.
 * Fails with ERR_ADDRESS_REFUSED, or with the error of the resolver, the socket or the signal.
 */
export function createGuardedConnect(options: GuardedConnectOptions, signal: AbortSignal): buildConnector.connector {
  const { policy, lookup = lookupAll, extraCa = [] } = options;
  const ca = extraCa.length > 0 ? { ca: [...rootCertificates, ...extraCa] } : {};

  return (target, callback) => {
    const opening = open(target).then((socket) => {
      if (signal.aborted) socket.destroy(); // too late: nobody takes it any more
      return socket;
    });
    Promise.race([opening, rejectOnAbort(signal)]).then(
      (socket) => callback(null, socket),
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), null),
    );
  };

  async function open(target: buildConnector.Options): Promise<Socket> {
    const hostname = target.hostname.replace(/^\[(.*)\]$/, '$1');
    const addresses = await allowedAddresses(hostname, target.protocol === 'https:');
    signal.throwIfAborted();
    const socket = await connect(target, addresses);
    // A second look, at the socket itself. No request has been sent on it yet.
    const reached = socket.remoteAddress ?? 'nowhere';
    if (policy.check(reached)) return socket;
    socket.destroy();
    throw new WaypostError('ERR_ADDRESS_REFUSED', `${quote(hostname)} led to ${quote(reached)}`);
  }

  async function allowedAddresses(hostname: string, encrypted: boolean): Promise<readonly string[]> {
    const all = isIP(hostname) === 0 ? await lookup(hostname) : [hostname];
    const allowed = all.filter((address) => (encrypted ? policy.check(address) : policy.isListed(address)));
    if (allowed.length > 0) return allowed;
    const [first] = all;
    if (first === undefined) {
      throw new WaypostError('ERR_NETWORK', `${quote(hostname)} has no address`, { retryable: true });
    }
    policy.assert(first);
    throw new WaypostError(
      'ERR_ADDRESS_REFUSED',
      `${quote(hostname)} (${first}) may be reached with https only; to allow http: --allow-address ${first}`,
    );
  }

  function connect(target: buildConnector.Options, addresses: readonly string[]): Promise<Socket> {
    const connector = buildConnector({ ...ca, lookup: answerWith(addresses) });
    return new Promise((resolve, reject) => {
      connector(target, (error, socket) => (error === null ? resolve(socket) : reject(error)));
    });
  }
}

async function lookupAll(hostname: string): Promise<readonly string[]> {
  const entries = await systemLookup(hostname, { all: true });
  return entries.map((entry) => entry.address);
}

/** A resolver for node:net that has been told the answer. */
function answerWith(addresses: readonly string[]): LookupFunction {
  const entries = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_hostname, options, callback) => {
    const [first] = entries;
    if (options.all || first === undefined) callback(null, entries);
    else callback(null, first.address, first.family);
  };
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

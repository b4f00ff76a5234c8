import os from 'node:os';
import type { DeviceClock } from '../../core/clock.js';
import type { Logger } from '../../core/logger.js';
import type { Scheduler } from '../../core/scheduler.js';
import type { LocalService } from '../../net/mdns-records.js';
import type { Config } from '../config/schema.js';
import { localName } from '../public-url.js';
import type { Cleanup } from './cleanup.js';

const SERVICE = '_didcomm._tcp';
const MAX_LABEL_BYTES = 63;
const MAX_TXT_BYTES = 255;
/** Of the DID, at the end of the name: enough to tell two gateways of one name apart. */
const SUFFIX_CHARS = 6;

export interface LocalNetworkOptions {
  readonly config: Config;
  /** Of the gateway, in its short form. */
  readonly did: string;
  /** Where it listens, `http://host:port` first. */
  readonly addresses: readonly string[];
  readonly clock: DeviceClock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
}

/** Tells the local network where the gateway is, until `cleanup`, when that is configured. Never throws. */
export async function announceLocally(options: LocalNetworkOptions, cleanup: Cleanup): Promise<void> {
  const { config, did, addresses, clock, scheduler, logger } = options;
  if (config.mdns === 'off') return;
  const service = describeService(config.name, did, addresses[0] ?? '');
  if (service === undefined) {
    logger.warn('mdns.loopback', { message: 'nobody else reaches a gateway that listens on loopback' });
    return;
  }
  const { announceService } = await import('../../net/mdns-responder.js');
  const onTrouble = (error: Error) => logger.warn('mdns.trouble', { message: error.message });
  cleanup.use(announceService(service, { scheduler, monotonicMs: () => clock.monotonicMs(), onTrouble }));
  logger.info('mdns.announced', { instance: service.instance, host: service.host, port: service.port });
}

/** Undefined for a gateway that listens on loopback. `address` is `http://host:port`. */
export function describeService(name: string, did: string, address: string): LocalService | undefined {
  const { hostname, port } = new URL(address);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  if (/^(127\.|::1$|localhost$)/.test(host)) return undefined;
  const isEverywhere = host === '0.0.0.0' || host === '::';
  const txt = ['txtvers=1', 'accept=didcomm/v2', 'path=/', `did=${did}`];
  return {
    instance: `${fitting(name.replaceAll('.', ' '), MAX_LABEL_BYTES - SUFFIX_CHARS - 1)} ${did.slice(-SUFFIX_CHARS)}`,
    type: SERVICE,
    host: localName(os.hostname()),
    port: Number(port === '' ? 80 : port),
    txt: txt.filter((entry) => Buffer.byteLength(entry) <= MAX_TXT_BYTES),
    addresses: () => (isEverywhere ? ownAddresses(host === '::') : [host]),
  };
}

/** Those that others in the network can reach. */
function ownAddresses(withIpv6: boolean): readonly string[] {
  const all = Object.values(os.networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all
    .filter(({ internal, family }) => !internal && (family === 'IPv4' || withIpv6))
    .map(({ address }) => address);
}

/** The beginning of a text that has at most `maxBytes` in UTF-8, cut between characters. */
function fitting(text: string, maxBytes: number): string {
  let cut = text;
  while (Buffer.byteLength(cut) > maxBytes) cut = [...cut].slice(0, -1).join('');
  return cut;
}

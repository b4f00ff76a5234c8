import { isWaypostError } from '../../core/errors.js';
import { createNodePrimitives } from '../../crypto/node.js';
import { createMemoryMap } from '../../did/persistent-map.js';
import { createDidResolver } from '../../did/resolver.js';
import { findRoutes } from '../../envelope/route.js';
import type { Upstream } from '../config/schema.js';
import { inviterOf } from '../identity/invitation.js';
import type { Machine } from '../machine.js';
import { type Check, type Finding, note, ok, warning } from './finding.js';

const ROUTE_IS_UP = 0x1;
const LONG_FORMS = 100;

/**
 * Is there a way to the internet? Read from the routes: nobody is asked who was not configured. The upstreams are: a
 * connection to each is opened and closed.
 */
export const checkNetwork: Check = async ({ machine, loaded }) => {
  const [way] = await defaultRoutes(machine);
  const upstreams = loaded?.config.upstreams ?? [];
  const findings: Finding[] = [];
  if (way === undefined) {
    const effect = upstreams.length > 0 ? 'What is meant for upstreams waits here.' : 'Local devices do not need it.';
    findings.push(note(`There is no internet: no network has a default route. ${effect}`));
  } else {
    findings.push(ok(`There is a way to the internet, by ${way}. (Nobody was asked whether it works.)`));
  }
  for (const [index, upstream] of upstreams.entries()) {
    findings.push(await checkUpstream(machine, upstream, `Upstream ${index + 1}`));
  }
  return findings;
};

/** Names of the network interfaces with a default route. */
async function defaultRoutes(machine: Machine): Promise<readonly string[]> {
  const rows = async (file: string) =>
    ((await machine.readText(file)) ?? '').split('\n').map((row) => row.trim().split(/\s+/));
  const ipv4 = (await rows('/proc/net/route')).flatMap(([name, destination, , flags]) => {
    const isUp = (Number.parseInt(flags ?? '0', 16) & ROUTE_IS_UP) !== 0;
    return name !== undefined && destination === '00000000' && isUp ? [name] : [];
  });
  const ipv6 = (await rows('/proc/net/ipv6_route')).flatMap((row) => {
    const [destination, prefix] = row;
    const name = row.at(-1);
    return destination === '0'.repeat(32) && prefix === '00' && name !== undefined && name !== 'lo' ? [name] : [];
  });
  return [...ipv4, ...ipv6];
}

async function checkUpstream(machine: Machine, upstream: Upstream, name: string): Promise<Finding> {
  const did = upstream.did ?? inviterOf(upstream.invitation ?? '');
  if (did === undefined) return warning(`${name}: its invitation cannot be read.`, 'get a new one');
  const address = await addressOf(did);
  if (address === undefined) return note(`${name}: where it is cannot be said without asking for its DID.`);
  const { host, port } = address;
  const failure = await machine.connect(host, port);
  if (failure === undefined) return ok(`${name}: ${host} port ${port} answers.`);
  return warning(`${name}: ${host} port ${port} cannot be reached (${failure}). What is meant for it waits here.`);
}

/** Host and port of the first endpoint, from the DID alone. */
async function addressOf(did: string): Promise<{ readonly host: string; readonly port: number } | undefined> {
  const resolver = createDidResolver({ primitives: createNodePrimitives(), longForms: createMemoryMap(LONG_FORMS) });
  try {
    const routes = await findRoutes(resolver, did);
    return routes.map(({ uri }) => hostAndPort(uri)).find((address) => address !== undefined);
  } catch (error) {
    // For a DID that is a name on the web, its host.
    const host = /^did:web:([^:]+)/.exec(did)?.[1];
    if (isWaypostError(error))
      return host === undefined ? undefined : hostAndPort(`https://${decodeURIComponent(host)}`);
    throw error;
  }
}

function hostAndPort(uri: string): { readonly host: string; readonly port: number } | undefined {
  if (!URL.canParse(uri)) return undefined;
  const url = new URL(uri);
  const isEncrypted = url.protocol === 'https:' || url.protocol === 'wss:';
  if (!isEncrypted && url.protocol !== 'http:' && url.protocol !== 'ws:') return undefined;
  const port = url.port === '' ? (isEncrypted ? 443 : 80) : Number(url.port);
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port };
}

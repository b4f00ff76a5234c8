import { isWaypostError, WaypostError } from '../../core/errors.js';
import type { Primitives } from '../../crypto/primitives.js';
import { createMemoryMap } from '../../did/persistent-map.js';
import { createDidResolver } from '../../did/resolver.js';
import { findRoutes } from '../../envelope/route.js';
import { readUpstreamOption, type UpstreamOption } from '../../gateway/upstream/options.js';
import type { Config, Upstream } from '../config/schema.js';

export interface Upstreams {
  readonly options: readonly UpstreamOption[];
  /** Of endpoints that the operator named by naming an upstream or a neighbour: the address policy is not asked for them. */
  readonly origins: readonly string[];
}

const LONG_FORMS = 100;

/** What the configuration says of upstreams, and where it leads together with `neighbours`. Throws ERR_CONFIG for an invitation that cannot be read. */
export async function readUpstreams(config: Config, primitives: Primitives): Promise<Upstreams> {
  const options = config.upstreams.map(toOption);
  const dids = [...options.map(readDid), ...config.neighbours];
  const origins = await Promise.all(dids.map((did) => originsOf(did, primitives)));
  return { options, origins: origins.flat() };
}

function toOption({ did, invitation, mode, pollSeconds }: Upstream): UpstreamOption {
  const target = invitation === undefined ? { did: did ?? '' } : { invitation };
  return { ...target, mode, pollIntervalMs: pollSeconds * 1000 };
}

function readDid(option: UpstreamOption, index: number): string {
  try {
    return readUpstreamOption(option).did;
  } catch (cause) {
    const why = isWaypostError(cause) ? cause.message : String(cause);
    throw new WaypostError('ERR_CONFIG', `upstreams[${index}] cannot be read: ${why}`, { cause });
  }
}

/** From the DID alone. One that needs the network is reached as the address policy allows. */
async function originsOf(did: string, primitives: Primitives): Promise<readonly string[]> {
  const resolver = createDidResolver({ primitives, longForms: createMemoryMap(LONG_FORMS) });
  try {
    const routes = await findRoutes(resolver, did);
    return routes.map(({ uri }) => uri).filter((uri) => URL.canParse(uri) && /^(https?|wss?):/.test(uri));
  } catch (error) {
    if (isWaypostError(error)) return [];
    throw error;
  }
}

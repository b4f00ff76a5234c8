import { isWaypostError, WaypostError } from '../../core/errors.js';
import type { Primitives } from '../../crypto/primitives.js';
import { createMemoryMap } from '../../did/persistent-map.js';
import { createDidResolver } from '../../did/resolver.js';
import { findRoutes } from '../../envelope/route.js';
import type { UpstreamOptions } from '../../gateway/upstream.js';
import { parseInvitation } from '../../protocols/out-of-band.js';
import type { Config, Upstream } from '../config/schema.js';

export interface Upstreams {
  readonly options: readonly UpstreamOptions[];
  /** Of endpoints that the operator named by naming the upstream: the address policy is not asked for them. */
  readonly origins: readonly string[];
  /** Schemes to dial it by, the best first. */
  schemesFor(did: string): readonly string[];
}

const LIVE = ['wss', 'ws', 'https', 'http'];
const POLL = ['https', 'http', 'wss', 'ws'];
const LONG_FORMS = 100;

/** What the configuration says of upstreams. Throws ERR_CONFIG for an invitation that cannot be read. */
export async function readUpstreams(config: Config, primitives: Primitives): Promise<Upstreams> {
  const options = config.upstreams.map(toOptions);
  const polled = new Set(options.filter((_, index) => config.upstreams[index]?.mode === 'poll').map(({ did }) => did));
  const origins = await Promise.all(options.map(({ did }) => originsOf(did, primitives)));
  return {
    options,
    origins: origins.flat(),
    schemesFor: (did) => (polled.has(did) ? POLL : LIVE),
  };
}

function toOptions(upstream: Upstream, index: number): UpstreamOptions {
  const { did, invitationId } = inviter(upstream, index);
  return {
    did,
    address: did as `did:${string}`,
    pollMs: upstream.pollSeconds * 1000,
    ...(invitationId === undefined ? {} : { invitationId }),
  };
}

function inviter({ did, invitation }: Upstream, index: number): { did: string; invitationId?: string } {
  if (invitation === undefined) return { did: did ?? '' };
  try {
    const { id, from } = parseInvitation(invitation);
    return { did: from, invitationId: id };
  } catch (cause) {
    const why = isWaypostError(cause) ? cause.message : String(cause);
    throw new WaypostError('ERR_CONFIG', `upstreams[${index}].invitation cannot be read: ${why}`, { cause });
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

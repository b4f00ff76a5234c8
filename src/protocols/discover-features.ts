import { matchesAny } from '../core/wildcard.js';
import { bodyOf, objectsIn } from './body.js';
import type { Protocol } from './protocol.js';
import { provenSender, unknownMessage } from './sender.js';

export const DISCOVER_FEATURES = 'https://didcomm.org/discover-features/2.0';

export interface FeatureSource {
  /** All protocols that are spoken, this one included. */
  protocols(): readonly { readonly piuri: string; readonly roles: readonly string[] }[];
  readonly goalCodes: readonly string[];
  readonly headers: readonly string[];
  /** The largest message that is taken, in bytes. */
  readonly maxReceiveBytes: number;
}

interface Disclosure {
  readonly 'feature-type': string;
  readonly id: string;
  readonly [member: string]: unknown;
}

const MAX_QUERIES = 20;
const MAX_MATCH_CHARS = 200;

/** Discover Features 2.0, with the constraint `max_receive_bytes` of "Agent Constraint Disclosure". */
export function createDiscoverFeatures(source: FeatureSource): Protocol {
  return {
    piuri: DISCOVER_FEATURES,
    roles: ['requester', 'responder'],
    async handle(received) {
      if (received.type.name === 'disclose') return undefined;
      if (received.type.name !== 'queries') throw unknownMessage(received);
      provenSender(received);
      const queries = objectsIn(bodyOf(received.message), 'queries', MAX_QUERIES);
      const disclosures = new Set<Disclosure>();
      const features = featuresOf(source);
      for (const query of queries) {
        const matches = matcher(query.match);
        for (const feature of features) {
          if (feature['feature-type'] === query['feature-type'] && matches(feature.id)) disclosures.add(feature);
        }
      }
      return { type: `${DISCOVER_FEATURES}/disclose`, body: { disclosures: [...disclosures] }, mayWait: true };
    },
  };
}

function featuresOf(source: FeatureSource): readonly Disclosure[] {
  return [
    ...source.protocols().map(({ piuri, roles }) => ({ 'feature-type': 'protocol', id: piuri, roles })),
    ...source.goalCodes.map((id) => ({ 'feature-type': 'goal-code', id })),
    ...source.headers.map((id) => ({ 'feature-type': 'header', id })),
    // A text, as the specification has it.
    {
      'feature-type': 'constraint',
      id: 'max_receive_bytes',
      max_receive_bytes: String(source.maxReceiveBytes),
    },
  ];
}

/** `*` stands for anything. */
function matcher(match: unknown): (id: string) => boolean {
  if (typeof match !== 'string' || match.length > MAX_MATCH_CHARS) return () => false;
  return (id) => matchesAny([match], id);
}

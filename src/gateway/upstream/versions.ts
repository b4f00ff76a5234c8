import { isJsonObject } from '../../core/json.js';
import { MEDIATION_VERSIONS, type MediationVersion } from '../../protocols/client/mediation-client.js';
import {
  DISCLOSED_PICKUP_VERSIONS,
  PICKUP_VERSIONS,
  type PickupVersion,
} from '../../protocols/client/pickup-client.js';
import { DISCOVER_FEATURES } from '../../protocols/discover-features.js';
import { protocolKeyOf } from '../../protocols/message-type.js';
import type { Received, Reply } from '../../protocols/protocol.js';

/** Versions to try, the best first. */
export interface Versions {
  readonly mediation: readonly MediationVersion[];
  readonly pickup: readonly PickupVersion[];
}

/** Those that are of interest here; everything else in a disclosure is skipped. */
const PIURI = /^https:\/\/didcomm\.org\/[\w.-]{1,40}\/\d{1,3}\.\d{1,3}$/;

/** For a mediator that discloses nothing. */
export const UNDISCLOSED: Versions = { mediation: MEDIATION_VERSIONS, pickup: PICKUP_VERSIONS };

/** Asks a mediator what it speaks. */
export const VERSIONS_QUERY: Reply = {
  type: `${DISCOVER_FEATURES}/queries`,
  body: {
    queries: ['coordinate-mediation', 'messagepickup', 'message-pickup'].map((name) => ({
      'feature-type': 'protocol',
      match: `https://didcomm.org/${name}/*`,
    })),
  },
  mayWait: false,
};

/** An empty disclosure is a valid answer that says nothing ("Discover Features 2.0", privacy): then everything is tried. */
export function readVersions({ message }: Received): Versions {
  const disclosed = new Set<string>();
  const { disclosures } = message.body ?? {};
  for (const disclosure of Array.isArray(disclosures) ? disclosures : []) {
    const id: unknown = isJsonObject(disclosure) ? disclosure.id : undefined;
    if (typeof id === 'string' && PIURI.test(id)) disclosed.add(protocolKeyOf(id));
  }
  const those = <T extends string>(known: readonly T[]): readonly T[] =>
    known.filter((version) => disclosed.has(protocolKeyOf(version)));
  const mediation = those(MEDIATION_VERSIONS);
  const pickup = those(DISCLOSED_PICKUP_VERSIONS);
  return {
    mediation: mediation.length > 0 ? mediation : UNDISCLOSED.mediation,
    pickup: pickup.length > 0 ? pickup : UNDISCLOSED.pickup,
  };
}

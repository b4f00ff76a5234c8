import { utf8 } from '../../src/core/bytes.js';
import { WaypostError } from '../../src/core/errors.js';
import type { Primitives } from '../../src/crypto/primitives.js';
import { createDid } from '../../src/did/create.js';
import { createMemoryMap } from '../../src/did/persistent-map.js';
import { createDidResolver } from '../../src/did/resolver.js';
import { didOf } from '../../src/envelope/did-url.js';
import { createEnvelopes } from '../../src/envelope/envelopes.js';
import { FORWARD_TYPE } from '../../src/envelope/forward.js';
import { createLocalSecrets } from '../../src/envelope/local-secrets.js';
import { newMessageId, type PlaintextMessage } from '../../src/envelope/message.js';
import { findRoutes } from '../../src/envelope/route.js';
import type { Unpacked } from '../../src/envelope/unpack.js';

/** A message of which everything else follows. */
export type Draft = Pick<PlaintextMessage, 'type'> & Partial<PlaintextMessage>;

/** What a small device needs of DIDComm: a DID that leads through its gateway, and envelopes. */
export interface DeviceAgent {
  readonly did: string;
  /** As others compare DIDs. */
  canonical(did: string): string;
  /** An authcrypted message, and its id. */
  pack(draft: Draft, to: string): Promise<{ readonly id: string; readonly packed: Uint8Array }>;
  /** The same for somebody else, as the gateway takes it: inside a forward. Throws what {@link findRoutes} throws. */
  packForward(draft: Draft, to: string): Promise<{ readonly id: string; readonly packed: Uint8Array }>;
  open(packed: Uint8Array): Promise<Unpacked>;
}

/** Long forms of DIDs that a device keeps; it knows few others. */
const KNOWN_DIDS = 100;

/** A device with fresh keys, which live as long as the process. */
export function createDeviceAgent(primitives: Primitives, gatewayDid: string): DeviceAgent {
  const services = [{ t: 'dm', s: { uri: gatewayDid, a: ['didcomm/v2'] } }];
  const { did, secrets: keys } = createDid(primitives, { method: 'peer2', services });
  const resolver = createDidResolver({ primitives, longForms: createMemoryMap(KNOWN_DIDS) });
  const canonical = (other: string): string => resolver.canonical(other);
  const secrets = createLocalSecrets({ primitives, keys, canonical });
  const envelopes = createEnvelopes({ primitives, resolver, secrets });

  const packText = async (draft: Draft, to: string): Promise<{ readonly id: string; readonly packed: string }> => {
    const message = { id: newMessageId(primitives), from: did, to: [to], ...draft };
    const [envelope] = await envelopes.pack(message, { mode: 'auth', from: did, to: [to] });
    if (envelope === undefined) throw new WaypostError('ERR_NO_COMMON_CURVE', 'the device has no curve in common');
    return { id: message.id, packed: envelope.packed };
  };
  return {
    did,
    canonical,
    async pack(draft, to) {
      const { id, packed } = await packText(draft, to);
      return { id, packed: utf8(packed) };
    },
    async packForward(draft, to) {
      const { id, packed } = await packText(draft, to);
      const [{ routingKeys } = { routingKeys: [] }] = await findRoutes(resolver, to);
      const wrapped = await envelopes.wrapForward(packed, { next: to, routingKeys });
      const [outermost] = routingKeys;
      if (outermost !== undefined && canonical(didOf(outermost)) === canonical(gatewayDid)) {
        return { id, packed: utf8(wrapped) };
      }
      // Authcrypted: a gateway passes messages on to others for those it knows, and for nobody else.
      const attachments = [{ data: { json: JSON.parse(wrapped) } }];
      const forward = await packText({ type: FORWARD_TYPE, body: { next: outermost ?? to }, attachments }, gatewayDid);
      return { id, packed: utf8(forward.packed) };
    },
    open: (packed) => envelopes.unpack(packed),
  };
}

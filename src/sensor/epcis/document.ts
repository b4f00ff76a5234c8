import type { ObjectEvent } from './event.js';

/** A document of EPCIS 2.0 (10.3): what events travel in. */
export interface EpcisDocument {
  readonly '@context': readonly string[];
  readonly type: 'EPCISDocument';
  readonly schemaVersion: '2.0';
  readonly creationDate: string;
  readonly epcisBody: { readonly eventList: readonly ObjectEvent[] };
}

/** The media type of EPCIS in JSON-LD (EPCIS 2.0, 12.5). */
export const EPCIS_MEDIA_TYPE = 'application/ld+json';
const EPCIS_CONTEXT = 'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld';

/** Events in one envelope, in their order and unchanged. `createdAtMs` is of the envelope and in no event's hash. */
export function epcisDocument(events: readonly ObjectEvent[], createdAtMs: number): EpcisDocument {
  return {
    '@context': [EPCIS_CONTEXT],
    type: 'EPCISDocument',
    schemaVersion: '2.0',
    creationDate: new Date(createdAtMs).toISOString(),
    epcisBody: { eventList: events },
  };
}

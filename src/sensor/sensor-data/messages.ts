import type { Attachment } from '../../envelope/attachment.js';
import type { Reply } from '../../protocols/protocol.js';
import { EPCIS_MEDIA_TYPE, epcisDocument } from '../epcis/document.js';
import type { ThinnedNote } from '../rules/notes.js';
import type { WaitingEvent } from '../rules/waiting.js';

/**
 * The protocol, see `docs/protocols/sensor-data.md`. The name in front is a DID that nobody holds a key of: it is unique
 * without a domain that somebody else may own some day.
 */
export const SENSOR_DATA = 'did:key:z6MkrFZdxuH8Cu1Knb5DbtKCDyWGPUwCEg9fthQt9u3NtGyr/sensor-data/0.1';

const SENML_MEDIA_TYPE = 'application/senml+json';

/** `nowMs` is written into the envelope of the events. All of `waiting` is of one stream, and has at least one entry. */
export function readingsMessage(waiting: readonly WaitingEvent[], nowMs: number): Reply {
  const events = waiting.flatMap(({ event }) => event ?? []);
  const evidence = waiting.some((each) => each.evidence !== undefined) ? [evidenceOf(waiting)] : [];
  if (events.length === 0) {
    const records = waiting.flatMap((each) => each.records ?? []);
    const frames = waiting.map((each) => ({ ...each.origin, records: each.records?.length ?? 0 }));
    const content = { id: 'senml', media_type: SENML_MEDIA_TYPE, data: { json: records } };
    return { type: `${SENSOR_DATA}/senml`, body: { frames }, attachments: [content, ...evidence], mayWait: true };
  }
  const content = { id: 'events', media_type: EPCIS_MEDIA_TYPE, data: { json: epcisDocument(events, nowMs) } };
  const frames = waiting.map(({ origin }) => origin);
  return { type: `${SENSOR_DATA}/events`, body: { frames }, attachments: [content, ...evidence], mayWait: true };
}

/** One entry for each frame, null where there is nothing to show. */
function evidenceOf(waiting: readonly WaitingEvent[]): Attachment {
  const frames = waiting.map(({ evidence }) => evidence ?? null);
  return { id: 'frames', media_type: 'application/json', data: { json: frames } };
}

/** Tells an agent what it will not get. */
export function thinnedMessage(note: ThinnedNote): Reply {
  return { type: `${SENSOR_DATA}/thinned`, body: { ...note }, mayWait: true };
}

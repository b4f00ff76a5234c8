import { toBase64url } from '../../core/base64url.js';
import { fromUtf8, utf8 } from '../../core/bytes.js';
import type { ClockQuality } from '../../core/clock.js';
import type { Primitives } from '../../crypto/primitives.js';
import { type ObjectEvent, objectEvent } from '../epcis/event.js';
import type { DeviceFrame } from '../reading.js';
import { deviceUriOf } from './device-uri.js';
import type { Rule, Selection } from './rule.js';
import { type SenmlRecord, senmlRecords } from './senml-records.js';

/** Where what is sent came from; goes along with it, in the order of the events. */
export interface FrameOrigin {
  readonly device: string;
  readonly epoch: number;
  readonly counter: number;
  /** Who answers for the values: `gateway` when the device proved nothing. */
  readonly attested_by: 'device' | 'gateway';
  /** What the gateway's clock was worth; only where a time is the gateway's. */
  readonly clock?: ClockQuality;
}

/** The device's own frame, base64url, with what else its proof is made with. */
export interface Evidence {
  readonly frame: string;
  readonly external_aad?: string;
}

/** What one frame became under one rule, as it waits in the store: JSON. */
export interface WaitingEvent {
  readonly origin: FrameOrigin;
  readonly event?: ObjectEvent;
  readonly records?: readonly SenmlRecord[];
  readonly evidence?: Evidence;
  /** Beyond a threshold: never thinned. */
  readonly alarm?: true;
}

/** Throws what `objectEvent` throws, and ERR_CONFIG for a device that the rule gives no URI. */
export function toWaiting(rule: Rule, frame: DeviceFrame, chosen: Selection, primitives: Primitives): WaitingEvent {
  const { deviceId, epoch, counter, attestedBy, timeFrom, clockQuality } = frame;
  const origin: FrameOrigin = {
    device: deviceId,
    epoch,
    counter,
    attested_by: attestedBy,
    ...(timeFrom === 'gateway' ? { clock: clockQuality } : {}),
  };
  const names = { deviceUri: (id: string) => deviceUriOf(rule, id), typeOf: (name: string) => rule.types.get(name) };
  return {
    origin,
    ...(rule.format === 'epcis'
      ? { event: objectEvent({ ...frame, readings: chosen.readings }, names, primitives) }
      : { records: senmlRecords(deviceId, chosen.readings) }),
    // What a gateway attests has no proof that could be shown.
    ...(rule.hasEvidence && attestedBy === 'device' ? { evidence: evidenceOf(frame) } : {}),
    ...(chosen.isAlarm ? { alarm: true } : {}),
  };
}

function evidenceOf({ content, externalAad }: DeviceFrame): Evidence {
  return {
    frame: toBase64url(content),
    ...(externalAad === undefined ? {} : { external_aad: toBase64url(externalAad) }),
  };
}

export function encodeWaiting(waiting: WaitingEvent): Uint8Array {
  return utf8(JSON.stringify(waiting));
}

/** What {@link encodeWaiting} made: only this program writes such queues. */
export function decodeWaiting(content: Uint8Array): WaitingEvent {
  return JSON.parse(fromUtf8(content)) as WaitingEvent;
}

import { eventToHashedId } from 'epcis2.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.js';
import { epcisDocument } from '../../src/sensor/epcis/document.js';
import { objectEvent } from '../../src/sensor/epcis/event.js';
import { eventHash } from '../../src/sensor/epcis/event-hash.js';
import { anyFrame } from '../support/device-frames.js';
import { epcisValidator } from '../support/epcis-schema.js';
import { runs } from '../support/fuzz.js';
import { primitives } from '../support/station.js';
import { describeVectors } from '../support/vectors.js';

const NAMES = { deviceUri: (id: string) => `https://id.example.org/8004/4012345${id}` };
const CONTEXT = { gs1: 'https://gs1.org/voc/', cbv: 'https://ref.gs1.org/cbv/' };

/** Both change what they are given, or might. */
const copy = (event: object): JsonObject => JSON.parse(JSON.stringify(event));

test('the id of an event is the one that epcis2.js gives it, however the event is written down', () => {
  fc.assert(
    fc.property(anyFrame, (frame) => {
      const event = objectEvent(frame, NAMES, primitives);
      expect(eventToHashedId(copy(event), CONTEXT)).toBe(event.eventID);
      expect(eventHash(copy(event), primitives)).toBe(event.eventID);
      expect(eventHash({ ...copy(event), recordTime: '2026-02-03T04:05:06Z' }, primitives)).toBe(event.eventID);
    }),
    runs(300),
  );
});

test('two gateways make the same event of one frame', () => {
  fc.assert(
    fc.property(anyFrame, fc.nat(), (frame, laterMs) => {
      const here = objectEvent(frame, NAMES, primitives);
      const elsewhere = { ...frame, receivedAtMs: frame.receivedAtMs + laterMs, clockQuality: 'none' } as const;
      expect(objectEvent(elsewhere, NAMES, primitives)).toEqual(here);
    }),
    runs(50),
  );
});

describeVectors('epcis', 'EPCIS documents', () => {
  const validate = epcisValidator();

  test('are valid by the schema of GS1, and hold the events unchanged', () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { minLength: 1, maxLength: 5 }), (frames) => {
        const events = frames.map((frame) => objectEvent(frame, NAMES, primitives));
        const document = epcisDocument(events, Date.UTC(2026, 0, 1));
        validate(copy(document));
        expect(document.epcisBody.eventList).toEqual(events);
      }),
      runs(200),
    );
  });

  test('the schema is not satisfied by anything', () => {
    expect(() => validate({ ...epcisDocument([], 0), schemaVersion: 2 })).toThrow(/schemaVersion/);
  });
});

import { describe, expect, test } from 'vitest';
import { createNoblePrimitives } from '../../../src/crypto/noble.js';
import { createNodePrimitives } from '../../../src/crypto/node.js';
import { canonicalIdentifier } from '../../../src/sensor/epcis/digital-link.js';
import { canonicalEvent, type EventContext, eventHash } from '../../../src/sensor/epcis/event-hash.js';
import { describeVectors } from '../../support/vectors.js';

interface Document {
  readonly '@context': readonly (string | EventContext)[];
  readonly epcisBody: { readonly eventList: readonly Record<string, unknown>[] };
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

describeVectors('epcis/event-hash', 'CBV 2.0 event hashes', (vectors) => {
  const names = vectors.names.filter((name) => name.endsWith('.jsonld')).map((name) => name.replace('.jsonld', ''));

  test.each(names)('%s', (name) => {
    const { '@context': contexts, epcisBody } = vectors.json(`${name}.jsonld`) as Document;
    const context: EventContext = Object.assign({}, ...contexts.filter((entry) => typeof entry === 'object'));
    const events = epcisBody.eventList;
    expect(events.map((event) => canonicalEvent(event, context))).toEqual(lines(vectors.text(`${name}.prehashes`)));
    for (const primitives of [createNodePrimitives(), createNoblePrimitives()]) {
      expect(events.map((event) => eventHash(event, primitives, context))).toEqual(
        lines(vectors.text(`${name}.hashes`)),
      );
    }
  });
});

describe('what an event hash does not depend on', () => {
  const primitives = createNodePrimitives();
  const event = {
    type: 'ObjectEvent',
    eventTime: '2026-01-01T10:00:00.000Z',
    eventTimeZoneOffset: '+00:00',
    action: 'OBSERVE',
    sensorElementList: [
      { sensorReport: [{ type: 'Temperature', value: 1 }] },
      { sensorReport: [{ type: 'Speed', value: 2 }] },
    ],
  };
  const [first, second] = event.sensorElementList;

  test.each([
    ['when it was recorded', { ...event, recordTime: '2026-01-02T00:00:00Z', eventID: 'urn:uuid:1' }],
    ['how its time is spelled', { ...event, eventTime: '2026-01-01T12:00:00+02:00' }],
    ['the order of a list', { ...event, sensorElementList: [second, first] }],
    ['the order of members', Object.fromEntries(Object.entries(event).reverse())],
    [
      'a namespace written in full',
      { ...event, sensorElementList: [{ sensorReport: [{ type: 'gs1:Temperature', value: 1 }] }, second] },
    ],
  ])('%s', (_, other) => {
    expect(eventHash(other, primitives)).toBe(eventHash(event, primitives));
  });

  test('but on every value', () => {
    const other = { ...event, sensorElementList: [first] };
    expect(eventHash(other, primitives)).not.toBe(eventHash(event, primitives));
  });
});

test.each([
  ['urn:epc:id:sgtin:4012345.011111.9876', 'https://id.gs1.org/01/04012345111118/21/9876'],
  ['urn:epc:id:sgtin:4012345.011111.98/76:1', 'https://id.gs1.org/01/04012345111118/21/98/76%3A1'],
  ['urn:epc:idpat:sgtin:4012345.011111.*', 'https://id.gs1.org/01/04012345111118'],
  ['urn:epc:class:lgtin:4012345.011111.12.34', 'https://id.gs1.org/01/04012345111118/10/12.34'],
  ['urn:epc:id:sscc:4012345.0111111111', 'https://id.gs1.org/00/040123451111111110'],
  ['urn:epc:id:sgln:4012345.00005.0', 'https://id.gs1.org/414/4012345000054'],
  ['urn:epc:id:grai:4012345.00001.7', 'https://id.gs1.org/8003/040123450000167'],
  ['urn:epc:id:giai:4000001.111', 'https://id.gs1.org/8004/4000001111'],
  ['urn:epc:id:gsrn:4012345.0000000001', 'https://id.gs1.org/8018/401234500000000012'],
  ['urn:epc:id:itip:4012345.011111.01.02.5', 'https://id.gs1.org/8006/040123451111180102/21/5'],
  ['https://example.org/some/path/gtin/4012345111118/ser/9?x=1', 'https://id.gs1.org/01/04012345111118/21/9'],
  ['https://id.gs1.org/01/04012345111118/22/2A/10/L1/21/9', 'https://id.gs1.org/01/04012345111118/21/9'],
  ['https://example.org/414/4012345000054/254/7', 'https://id.gs1.org/414/4012345000054/254/7'],
  ['https://example.org/414/4012345000054/21/7', 'https://example.org/414/4012345000054/21/7'],
  ['https://example.org/01/not-a-gtin', 'https://example.org/01/not-a-gtin'],
  ['urn:epc:id:unknown:1.2', 'urn:epc:id:unknown:1.2'],
  ['urn:epc:id:toString:1.2', 'urn:epc:id:toString:1.2'],
  ['just a text', 'just a text'],
])('%s is the identifier %s', (given, canonical) => {
  expect(canonicalIdentifier(given)).toBe(canonical);
});

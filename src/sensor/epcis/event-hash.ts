import { toHex, utf8 } from '../../core/bytes.js';
import { isJsonObject, type JsonObject } from '../../core/json.js';
import type { Primitives } from '../../crypto/primitives.js';
import { canonicalIdentifier } from './digital-link.js';
import { vocabularyUri } from './vocabulary.js';

/*
 * The hash of an event (CBV 2.0, 8.9): the same event gets the same id wherever and however often it is written down.
 * Members are written in a fixed order, `name=value` without anything between them; lists are sorted by what their
 * elements become; times are UTC in milliseconds; identifiers are in their one spelling. What says when and how the event
 * was recorded is left out: `recordTime`, `eventID`, `errorDeclaration`.
 */

/** Names in front of members from namespaces: `{"example": "https://ns.example.com/epcis/"}`. */
export type EventContext = Readonly<Record<string, string>>;

/** Members in their order. An array has the name of each element and how it is written. */
type Order = readonly (string | readonly [name: string, element: string | undefined, order: Order])[];

const QUANTITIES: Order = ['epcClass', 'quantity', 'uom'];
const METADATA: Order = [
  ...['time', 'startTime', 'endTime', 'deviceID', 'deviceMetadata', 'rawData', 'dataProcessingMethod', 'bizRules'],
];
const REPORT: Order = [
  ...['type', 'exception', 'deviceID', 'deviceMetadata', 'rawData', 'dataProcessingMethod', 'time', 'microorganism'],
  ...['chemicalSubstance', 'value', 'component', 'stringValue', 'booleanValue', 'hexBinaryValue', 'uriValue'],
  ...['minValue', 'maxValue', 'meanValue', 'sDev', 'percRank', 'percValue', 'uom', 'coordinateReferenceSystem'],
];
const EVENT: Order = [
  ...['type', 'eventTime', 'eventTimeZoneOffset', 'certificationInfo'],
  ['epcList', 'epc', []],
  'parentID',
  ['inputEPCList', 'epc', []],
  ['childEPCs', 'epc', []],
  ['quantityList', 'quantityElement', QUANTITIES],
  ['childQuantityList', 'quantityElement', QUANTITIES],
  ['inputQuantityList', 'quantityElement', QUANTITIES],
  ['outputEPCList', 'epc', []],
  ['outputQuantityList', 'quantityElement', QUANTITIES],
  ...['action', 'transformationID', 'bizStep', 'disposition'],
  ['persistentDisposition', undefined, ['set', 'unset']],
  ['readPoint', undefined, ['id']],
  ['bizLocation', undefined, ['id']],
  ['bizTransactionList', '', ['type', 'bizTransaction']],
  ['destinationList', '', ['type', 'destination']],
  ['sourceList', '', ['type', 'source']],
  [
    'sensorElementList',
    'sensorElement',
    [
      ['sensorMetadata', undefined, METADATA],
      ['sensorReport', 'sensorReport', REPORT],
    ],
  ],
  'ilmd',
];
const LEFT_OUT = new Set(['recordTime', 'eventID', 'errorDeclaration', '@context', 'rdfs:comment']);
const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})?$/;

const COMMON_CONTEXT: EventContext = {
  epcis: 'https://ref.gs1.org/epcis/',
  cbv: 'https://ref.gs1.org/cbv/',
  gs1: 'https://gs1.org/voc/',
};

/** `ni:///sha-256;<64 hexadecimal digits>?ver=CBV2.0` */
export function eventHash(event: JsonObject, primitives: Primitives, context: EventContext = {}): string {
  const hash = toHex(primitives.sha256(utf8(canonicalEvent(event, context))));
  return `ni:///sha-256;${hash}?ver=CBV2.0`;
}

/** What is hashed. */
export function canonicalEvent(event: JsonObject, context: EventContext = {}): string {
  const { type, ...rest } = event;
  const all = { ...COMMON_CONTEXT, ...context };
  return `eventType=${valueText('type', type, all)}${membersText(rest, EVENT, all)}`;
}

/** The members of the order, then those of other namespaces, sorted. */
function membersText(object: JsonObject, order: Order, context: EventContext): string {
  const known = new Set(order.map((entry) => (typeof entry === 'string' ? entry : entry[0])));
  let text = '';
  for (const entry of order) {
    const [name, element, inner] = typeof entry === 'string' ? [entry, undefined, []] : entry;
    const value = object[name];
    if (value !== undefined && value !== null) text += memberText(name, element, inner, value, context);
  }
  const others = Object.entries(object).filter(([name]) => !known.has(name) && !LEFT_OUT.has(name));
  return text + sorted(others.map(([name, value]) => extensionText(name, value, context)));
}

function memberText(
  name: string,
  element: string | undefined,
  order: Order,
  value: unknown,
  context: EventContext,
): string {
  if (!Array.isArray(value)) {
    if (isJsonObject(value)) return `${name}${membersText(value, order, context)}`;
    return `${name}=${valueText(name, value, context)}`;
  }
  const texts = value.map((item) => {
    if (isJsonObject(item)) return `${element ?? name}${membersText(item, order, context)}`;
    return `${element ?? name}=${valueText(name, item, context)}`;
  });
  // The reports of a sensor and the dispositions are repeated members; what is called a list is one member with elements.
  const isNamed = element !== undefined && element !== name && value.length > 0;
  return `${isNamed ? name : ''}${sorted(texts)}`;
}

/** A member of another namespace, and all that is in it. */
function extensionText(name: string, value: unknown, context: EventContext): string {
  const colon = name.indexOf(':');
  const namespace = context[name.slice(0, Math.max(0, colon))];
  const full = namespace === undefined ? name : `{${namespace}}${name.slice(colon + 1)}`;
  const items = Array.isArray(value) ? value : [value];
  return sorted(
    items.map((item) =>
      isJsonObject(item) ? `${full}${membersText(item, [], context)}` : `${full}=${valueText(name, item, context)}`,
    ),
  );
}

function valueText(name: string, value: unknown, context: EventContext): string {
  if (typeof value !== 'string') return String(value);
  const text = value.trim();
  if (DATE_TIME.test(text)) return dateTime(text);
  const [, prefix = '', word = ''] = /^([A-Za-z][\w-]*):(?!\/\/)(.*)$/s.exec(text) ?? [];
  const namespace = Object.hasOwn(context, prefix) ? context[prefix] : undefined;
  if (namespace !== undefined) return `${namespace}${word}`;
  return vocabularyUri(name, text) ?? canonicalIdentifier(text);
}

/** UTC, rounded to milliseconds. A time without an offset is UTC. */
function dateTime(text: string): string {
  const [, whole = '', fraction = '', zone = ''] = /^([^.Z+]{10}[^.Z+-]*)(\.\d+)?(.*)$/.exec(text) ?? [];
  const ms = Date.parse(`${whole}${zone === '' ? 'Z' : zone}`) + Math.round(Number(`0${fraction}`) * 1000);
  return Number.isNaN(ms) ? text : new Date(ms).toISOString();
}

function sorted(texts: readonly string[]): string {
  return [...texts].sort().join('');
}

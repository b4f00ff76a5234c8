/*
 * GS1 identifiers in their one spelling (CBV 2.0, 8.9.2; GS1 Digital Link: URI Syntax 1.2, 4.11): EPC URIs become Digital
 * Link URIs, and Digital Link URIs get the domain id.gs1.org, numeric codes, and nothing that does not identify.
 */

const CANONICAL = 'https://id.gs1.org';

/** How an EPC URI (EPC Tag Data Standard 1.13, 6.3) is taken apart: its parts between dots, the company prefix first. */
type Convert = (parts: readonly string[]) => string | undefined;

const CONVERTERS: Readonly<Record<string, Convert>> = {
  sgtin: ([prefix, item, serial]) => `/01/${gtin(prefix, item)}${qualifier('21', serial)}`,
  lgtin: ([prefix, item, lot]) => `/01/${gtin(prefix, item)}${qualifier('10', lot)}`,
  upui: ([prefix, item, serial]) => `/01/${gtin(prefix, item)}${qualifier('235', serial)}`,
  itip: ([prefix, item, piece, total, serial]) =>
    `/8006/${gtin(prefix, item)}${piece}${total}${qualifier('21', serial)}`,
  sscc: ([prefix = '', serial = '']) => `/00/${checked(serial.slice(0, 1) + prefix + serial.slice(1))}`,
  sgln: ([prefix, place, extension]) =>
    `/414/${checked(`${prefix}${place}`)}${extension === '0' ? '' : qualifier('254', extension)}`,
  pgln: ([prefix, party]) => `/417/${checked(`${prefix}${party}`)}`,
  grai: ([prefix, type, serial]) => `/8003/${checked(`0${prefix}${type}`)}${escaped(serial)}`,
  giai: ([prefix, asset]) => `/8004/${prefix}${escaped(asset)}`,
  gsrn: ([prefix, reference]) => `/8018/${checked(`${prefix}${reference}`)}`,
  gsrnp: ([prefix, reference]) => `/8017/${checked(`${prefix}${reference}`)}`,
  gdti: ([prefix, type, serial]) => `/253/${checked(`${prefix}${type}`)}${escaped(serial)}`,
  sgcn: ([prefix, coupon, serial]) => `/255/${checked(`${prefix}${coupon}`)}${escaped(serial)}`,
  cpi: ([prefix, part, serial]) => `/8010/${prefix}${escaped(part)}${qualifier('8011', serial)}`,
  ginc: ([prefix, reference]) => `/401/${prefix}${escaped(reference)}`,
  gsin: ([prefix, reference]) => `/402/${checked(`${prefix}${reference}`)}`,
};

/** What a Digital Link URI may have after its primary key, the finest first: only that one identifies. */
interface Key {
  readonly value: RegExp;
  readonly qualifiers?: readonly string[];
}

const TEXT = '[!-.0-9:-?A-Z_a-z%]';
const KEYS: ReadonlyMap<string, Key> = new Map<string, Key>([
  ['00', { value: /^\d{18}$/ }],
  ['01', { value: /^(\d{8}|\d{12,14})$/, qualifiers: ['21', '235', '10'] }],
  ['253', { value: new RegExp(`^\\d{13}${TEXT}{0,17}$`) }],
  ['255', { value: /^\d{13,25}$/ }],
  ['401', { value: new RegExp(`^${TEXT}{1,30}$`) }],
  ['402', { value: /^\d{17}$/ }],
  ['414', { value: /^\d{13}$/, qualifiers: ['254'] }],
  ['417', { value: /^\d{13}$/ }],
  ['8003', { value: new RegExp(`^\\d{14}${TEXT}{0,16}$`) }],
  ['8004', { value: new RegExp(`^${TEXT}{1,30}$`) }],
  ['8006', { value: /^\d{18}$/, qualifiers: ['21', '10'] }],
  ['8010', { value: new RegExp(`^${TEXT}{1,30}$`), qualifiers: ['8011'] }],
  ['8017', { value: /^\d{18}$/ }],
  ['8018', { value: /^\d{18}$/ }],
]);
const NAMES: Readonly<Record<string, string>> = {
  ...{ sscc: '00', gtin: '01', gdti: '253', gcn: '255', ginc: '401', gsin: '402', gln: '414', party: '417' },
  ...{ grai: '8003', giai: '8004', itip: '8006', cpid: '8010', gsrnp: '8017', gsrn: '8018' },
  ...{ ser: '21', lot: '10', cpv: '22' },
};
/** Consumer product variant: does not identify for events. */
const VARIANT = '22';
const MAX_CHARS = 4096;

/** The canonical Digital Link URI of a GS1 identifier; any other text as it is. */
export function canonicalIdentifier(text: string): string {
  if (text.length > MAX_CHARS) return text;
  const [, pattern, scheme = '', rest = ''] = /^urn:epc:(id|class|idpat):([a-z]+):(\S+)$/.exec(text) ?? [];
  const convert = Object.hasOwn(CONVERTERS, scheme) ? CONVERTERS[scheme] : undefined;
  if (convert !== undefined) return `${CANONICAL}${convert(partsOf(rest, scheme, pattern === 'idpat'))}`;
  return /^https?:\/\//.test(text) ? canonicalLink(text) : text;
}

/** A serial number may have dots of its own, so that only as many as there are parts divide. A pattern's `*` is left out. */
function partsOf(
  rest: string,
  scheme: string,
  isPattern: boolean,
): readonly (string | undefined)[] & readonly string[] {
  const count = scheme === 'itip' ? 5 : 3;
  const all = rest.split('.');
  const parts = [...all.slice(0, count - 1), ...(all.length >= count ? [all.slice(count - 1).join('.')] : [])];
  return isPattern ? parts.filter((part) => part !== '*') : parts;
}

function canonicalLink(uri: string): string {
  const [, path = ''] = /^https?:\/\/[^/?#]+((?:\/[^/?#]+)+)\/?(?:\?.*)?$/s.exec(uri) ?? [];
  const segments = path.split('/').slice(1);
  for (let at = 0; at + 1 < segments.length; at++) {
    const code = codeOf(segments[at]);
    const value = segments[at + 1] ?? '';
    const key = KEYS.get(code);
    if (key?.value.test(value) !== true) continue;
    const qualified = qualifiersOf(key, segments.slice(at + 2));
    if (qualified === undefined) return uri;
    return `${CANONICAL}/${code}/${code === '01' ? value.padStart(14, '0') : value}${qualified}`;
  }
  return uri;
}

/** Undefined when there is something that a link with this key cannot have. */
function qualifiersOf({ qualifiers = [] }: Key, segments: readonly string[]): string | undefined {
  const given = new Map<string, string>();
  for (let at = 0; at < segments.length; at += 2) {
    const code = codeOf(segments[at]);
    const value = segments[at + 1];
    if (value === undefined || !(qualifiers.includes(code) || code === VARIANT)) return undefined;
    given.set(code, value);
  }
  const finest = qualifiers.find((code) => given.has(code));
  return finest === undefined ? '' : `/${finest}/${given.get(finest)}`;
}

function codeOf(segment = ''): string {
  return Object.hasOwn(NAMES, segment) ? (NAMES[segment] ?? segment) : segment;
}

/** The indicator digit of an item stands in front of the company prefix in the GTIN. */
function gtin(prefix = '', item = ''): string {
  return checked(item.slice(0, 1) + prefix + item.slice(1)).padStart(14, '0');
}

/** With its check digit (GS1 General Specifications, 7.9.1): weights 3 and 1 from the right. */
function checked(digits: string): string {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) sum += Number(digits[digits.length - 1 - i]) * (i % 2 === 0 ? 3 : 1);
  return `${digits}${(10 - (sum % 10)) % 10}`;
}

function qualifier(code: string, value: string | undefined): string {
  return value === undefined ? '' : `/${code}/${escaped(value)}`;
}

/** Characters that an EPC URI has as they are and a Digital Link URI must escape. */
function escaped(value = ''): string {
  return value.replace(/[!()*+,:]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

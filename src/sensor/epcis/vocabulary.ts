/*
 * Words of the Core Business Vocabulary that EPCIS 2.0 writes without their namespace (CBV 2.0, 7; GS1 Web Vocabulary):
 * where a member has such a word, its full name is what a hash is made of.
 */

const CBV = 'https://ref.gs1.org/cbv/';
const GS1 = 'https://gs1.org/voc/';
const BARE_WORD = /^[A-Za-z]\w*$/;

/** By the member that holds the word. */
const NAMESPACES: Readonly<Record<string, string>> = {
  bizStep: `${CBV}BizStep-`,
  disposition: `${CBV}Disp-`,
  set: `${CBV}Disp-`,
  unset: `${CBV}Disp-`,
  component: `${CBV}Comp-`,
  exception: GS1,
};
const BUSINESS_TRANSACTIONS = new Set([
  ...['bol', 'cert', 'desadv', 'inv', 'pedigree', 'po', 'poc', 'prodorder', 'recadv', 'rma', 'testprd', 'testres'],
  'upevt',
]);
const SOURCES_AND_DESTINATIONS = new Set(['owning_party', 'possessing_party', 'location']);
const EVENT_TYPE = /Event$/;

/** The full name of a bare word in the member `name`; undefined where the value is no such word. */
export function vocabularyUri(name: string, value: string): string | undefined {
  if (!BARE_WORD.test(value)) return undefined;
  if (name !== 'type') return Object.hasOwn(NAMESPACES, name) ? `${NAMESPACES[name]}${value}` : undefined;
  if (EVENT_TYPE.test(value)) return undefined;
  if (BUSINESS_TRANSACTIONS.has(value)) return `${CBV}BTT-${value}`;
  if (SOURCES_AND_DESTINATIONS.has(value)) return `${CBV}SDT-${value}`;
  return `${GS1}${value}`;
}

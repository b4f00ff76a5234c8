import { base58 } from '@scure/base';
import { toBase64url } from '../../core/base64url.js';
import { bytesOfBase64url, type TreeReader } from './json-reader.js';
import { type JsonWriter, malformedCompact } from './json-writer.js';
import type { CompactArray, CompactValue } from './tree.js';

/*
 * A key id of a did:peer:2 (Peer DID Method, "Method 2") is three quarters keys in base58 and services in base64url of
 * JSON. Taken apart it is an array: the purpose codes of all elements as one text, what each of them holds (the bytes
 * of a key; the tree of a service, or its bytes), and last the fragment with its "#".
 */

const PREFIX = 'did:peer:2.';
const SERVICE = 'S';
/** A multikey in base58. Reading it takes time with the square of its length; the longest is of P-521. */
const MULTIKEY = /^z[1-9A-HJ-NP-Za-km-z]{1,95}$/;
const MAX_KEY_BYTES = 70;
/** More than any DID has that can be resolved here. */
const MAX_ELEMENTS = 100;

/** Undefined for every other text, which stays as it is. */
export function takeApart(keyId: string, reader: TreeReader): CompactArray | undefined {
  const hash = keyId.indexOf('#');
  if (!keyId.startsWith(PREFIX) || hash < 0) return undefined;
  const elements = keyId.slice(PREFIX.length, hash).split('.');
  if (elements.length > MAX_ELEMENTS) return undefined;
  const values = elements.map((element) => elementValue(element.slice(0, 1), element.slice(1), reader));
  if (!values.every((value) => value !== undefined)) return undefined;
  return [elements.map((element) => element.slice(0, 1)).join(''), ...values, keyId.slice(hash)];
}

/** Undoes {@link takeApart}. Throws ERR_COMPACT_MALFORMED, ERR_TOO_LARGE. */
export function putTogether(parts: CompactArray, writer: JsonWriter): string {
  const [purposes, ...values] = parts;
  const fragment = values.pop();
  if (typeof purposes !== 'string' || typeof fragment !== 'string' || purposes.length !== values.length) {
    throw malformedCompact('a did:peer:2 is not its purpose codes, as many elements, and a fragment');
  }
  const elements = values.map((value, i) => `${purposes[i]}${elementText(purposes[i], value, writer)}`);
  return `${PREFIX}${elements.join('.')}${fragment}`;
}

function elementValue(purpose: string, text: string, reader: TreeReader): CompactValue | undefined {
  if (purpose === SERVICE) return reader.readEncoded(text) ?? bytesOfBase64url(text);
  return MULTIKEY.test(text) ? base58.decode(text.slice(1)) : undefined;
}

function elementText(purpose: string | undefined, value: CompactValue, writer: JsonWriter): string {
  if (purpose === SERVICE && value instanceof Map) return writer.encodedObject(value);
  if (!(value instanceof Uint8Array)) throw malformedCompact('an element of a did:peer:2 is not a byte string');
  if (purpose === SERVICE) return toBase64url(value);
  if (value.length > MAX_KEY_BYTES) throw malformedCompact(`a key of a did:peer:2 has ${value.length} bytes`);
  return `z${base58.encode(value)}`;
}

import { fromBase64url, toBase64url } from '../core/base64url.js';
import { quote, WaypostError } from '../core/errors.js';
import { isJsonObject } from '../core/json.js';
import { type PrivateJwk, type PublicJwk, toPublicJwk } from '../crypto/jwk.js';
import type { Primitives } from '../crypto/primitives.js';
import { COSE_ALGORITHMS, type CoseAlgorithm } from './cose.js';

/** How a device proves that a frame is its own; `plain`: not at all. */
export type Authentication = CoseAlgorithm | 'plain';

export const AUTHENTICATIONS: readonly Authentication[] = [
  ...(Object.keys(COSE_ALGORITHMS) as readonly CoseAlgorithm[]),
  'plain',
];

/** A registered device, as it is kept. */
export interface Device {
  readonly id: string;
  readonly authentication: Authentication;
  /** For an HMAC: the shared key, base64url. */
  readonly sharedKey?: string;
  /** For a signature: the device's key. */
  readonly publicKey?: PublicJwk;
  /** For a signature: what the gateway signs its answers to this device with. */
  readonly answerKey?: PrivateJwk;
  /** For people. */
  readonly name?: string;
  /** Where it is: a URI such as a GS1 SGLN. */
  readonly location?: string;
  /** Base name and base unit of packs that have none. */
  readonly baseName?: string;
  readonly baseUnit?: string;
}

/** What an operator says of a device; as it comes in JSON or from a line of a file. */
export interface NewDevice {
  readonly id: string;
  /** Default: `hmac-256-64`. */
  readonly authentication?: Authentication;
  /**
   * In hexadecimal digits or base64url. For an HMAC the key, 16 to 64 bytes; made here when there is none. For a signature the
   * public key (32 bytes of Ed25519, a SEC 1 point of P-256), or a JWK of it.
   */
  readonly key?: string | PublicJwk;
  readonly name?: string;
  readonly location?: string;
  readonly baseName?: string;
  readonly baseUnit?: string;
}

const ID = /^[A-Za-z0-9](?:[A-Za-z0-9._:-]{0,62}[A-Za-z0-9])?$/;
const TEXT = /^[^\p{C}]{1,255}$/u;
const MIN_KEY_BYTES = 16;
const MAX_KEY_BYTES = 64;
const MADE_KEY_BYTES = 32;
const CURVE = { eddsa: 'Ed25519', es256: 'P-256' } as const;

/** Checks what an operator said, and makes the keys that are missing. Throws ERR_INVALID_ARGUMENT, ERR_KEY_INVALID. */
export function createDevice(primitives: Primitives, wanted: NewDevice): Device {
  const { id, authentication = 'hmac-256-64', key } = wanted;
  if (!ID.test(id)) {
    throw invalid(`the id ${quote(id)} is not 1 to 64 letters, digits and . _ : - between them`);
  }
  if (!isAuthentication(authentication)) throw unknownAuthentication(authentication);
  const { name, location, baseName, baseUnit } = wanted;
  for (const [what, text] of Object.entries({ name, location, baseName, baseUnit })) {
    if (text !== undefined && !TEXT.test(text)) throw invalid(`the ${what} ${quote(text)} is not 1 to 255 characters`);
  }
  if (location !== undefined && !URL.canParse(location)) throw invalid(`the location ${quote(location)} is not a URI`);
  return {
    id,
    authentication,
    ...keysOf(primitives, authentication, key),
    ...(name === undefined ? {} : { name }),
    ...(location === undefined ? {} : { location }),
    ...(baseName === undefined ? {} : { baseName }),
    ...(baseUnit === undefined ? {} : { baseUnit }),
  };
}

type Keys = Pick<Device, 'sharedKey' | 'publicKey' | 'answerKey'>;

function keysOf(primitives: Primitives, authentication: Authentication, key: NewDevice['key']): Keys {
  if (authentication === 'plain') {
    if (key !== undefined) throw invalid('a plain device has no key');
    return {};
  }
  if (authentication === 'eddsa' || authentication === 'es256') {
    if (key === undefined) throw invalid(`a device that signs (${authentication}) is registered with its public key`);
    const curve = CURVE[authentication];
    const publicKey =
      typeof key === 'string' ? primitives.publicKeyFromBytes(curve, keyBytes(key)) : toPublicJwk(key, 'a public key');
    if (publicKey.crv !== curve) throw invalid(`a key of ${publicKey.crv} does not sign with ${authentication}`);
    primitives.importPublicKey(publicKey);
    return { publicKey, answerKey: primitives.generateKey(curve) };
  }
  if (key === undefined) return { sharedKey: toBase64url(primitives.randomBytes(MADE_KEY_BYTES)) };
  if (typeof key !== 'string') throw invalid('the key of an HMAC is base64url, not a JWK');
  const bytes = keyBytes(key);
  const { length } = bytes;
  if (length >= MIN_KEY_BYTES && length <= MAX_KEY_BYTES) return { sharedKey: toBase64url(bytes) };
  throw new WaypostError('ERR_KEY_INVALID', `a key has ${length} bytes, not ${MIN_KEY_BYTES} to ${MAX_KEY_BYTES}`);
}

const HEX = /^(?:[0-9a-f]{2}){16,66}$/i;

/**
 * A key in hexadecimal digits or base64url. No key of base64url looks like hexadecimal digits but by a chance of less than 2^-40.
 * Throws ERR_KEY_INVALID, without quoting it.
 */
export function keyBytes(text: string): Uint8Array {
  if (HEX.test(text)) return Uint8Array.from(text.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
  try {
    return fromBase64url(text, 'a key');
  } catch (cause) {
    throw new WaypostError('ERR_KEY_INVALID', 'a key is neither hexadecimal digits nor base64url', { cause });
  }
}

/** What anybody may see of a device. */
export interface DeviceSummary {
  readonly id: string;
  readonly authentication: Authentication;
  readonly name: string | null;
  readonly location: string | null;
  readonly baseName: string | null;
  readonly baseUnit: string | null;
  /** What a device that signs verifies answers with. */
  readonly answerKey: PublicJwk | null;
}

export function summarize(device: Device): DeviceSummary {
  const { id, authentication, name, location, baseName, baseUnit, answerKey } = device;
  return {
    id,
    authentication,
    name: name ?? null,
    location: location ?? null,
    baseName: baseName ?? null,
    baseUnit: baseUnit ?? null,
    answerKey: answerKey === undefined ? null : toPublicJwk(answerKey),
  };
}

/** From JSON or a line of a file; empty texts count as left out. Throws ERR_INVALID_ARGUMENT, ERR_KEY_INVALID. */
export function toNewDevice(value: unknown): NewDevice {
  if (!isJsonObject(value)) throw invalid('a device is not an object');
  const text = <M extends string>(member: M): { readonly [K in M]?: string } => {
    const given = value[member] ?? '';
    if (typeof given !== 'string') throw invalid(`the ${member} of a device is not a text`);
    return given === '' ? {} : ({ [member]: given } as { readonly [K in M]: string });
  };
  const { id } = text('id');
  if (id === undefined) throw invalid('a device has no id');
  const { authentication } = text('authentication');
  if (authentication !== undefined && !isAuthentication(authentication)) throw unknownAuthentication(authentication);
  return {
    id,
    ...(authentication === undefined ? {} : { authentication }),
    ...(isJsonObject(value.key) ? { key: toPublicJwk(value.key, 'a public key') } : text('key')),
    ...text('name'),
    ...text('location'),
    ...text('baseName'),
    ...text('baseUnit'),
  };
}

function isAuthentication(text: string): text is Authentication {
  return (AUTHENTICATIONS as readonly string[]).includes(text);
}

function unknownAuthentication(text: string): WaypostError {
  return invalid(`${quote(text)} is not one of ${AUTHENTICATIONS.join(', ')}`);
}

function invalid(what: string): WaypostError {
  return new WaypostError('ERR_INVALID_ARGUMENT', what);
}

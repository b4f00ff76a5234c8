import { createHmac, type KeyObject, sign, timingSafeEqual, verify } from 'node:crypto';
import { concatBytes, utf8 } from '../../src/core/bytes.js';
import { type Cbor, decodeCbor, encodeCbor } from './cbor.js';

/*
 * COSE (RFC 9052) as docs/sensors.md narrows it down: COSE_Mac0 or COSE_Sign1, every header parameter protected.
 */

/** What a device proves its frames with, and knows its gateway by. */
export type DeviceKey =
  | { readonly authentication: 'hmac-256-64' | 'hmac-256-256'; readonly secret: Uint8Array }
  | {
      readonly authentication: 'eddsa' | 'es256';
      readonly privateKey: KeyObject;
      /** What `waypost device add` printed for it. */
      readonly gatewayKey: KeyObject;
    };

/** Labels of header parameters (RFC 9052, 3.1). */
export const LABEL = { algorithm: 1, contentType: 3, kid: 4, partialIv: 6 } as const;

const ALGORITHM = { 'hmac-256-64': 4, 'hmac-256-256': 5, eddsa: -8, es256: -7 } as const;
const MAC_BYTES = { 'hmac-256-64': 8, 'hmac-256-256': 32 } as const;
/** CBOR tags 17 and 18. */
const TAG = { mac: 0xd1, sign: 0xd2 } as const;

/** A message from the gateway; nothing of it is believed before `isProven` says so. */
interface Sealed {
  readonly partialIv: Uint8Array | undefined;
  readonly payload: Cbor;
  isProven(externalAad: Uint8Array): boolean;
}

/** Makes and opens the messages of one device. */
export class Seal {
  readonly #id: string;
  readonly #key: DeviceKey;
  readonly #isMac: boolean;

  constructor(id: string, key: DeviceKey) {
    this.#id = id;
    this.#key = key;
    this.#isMac = 'secret' in key;
  }

  /** `parameters`: those beside algorithm and kid. */
  close(parameters: ReadonlyMap<number, Cbor>, externalAad: Uint8Array, payload: Uint8Array): Uint8Array {
    const header = new Map<number, Cbor>([[LABEL.algorithm, ALGORITHM[this.#key.authentication]]]);
    const contentType = parameters.get(LABEL.contentType);
    const partialIv = parameters.get(LABEL.partialIv);
    if (contentType !== undefined) header.set(LABEL.contentType, contentType);
    header.set(LABEL.kid, utf8(this.#id));
    if (partialIv !== undefined) header.set(LABEL.partialIv, partialIv);
    const protectedBytes = encodeCbor(header);
    const proof = this.#prove(this.#structure(protectedBytes, externalAad, payload));
    const tag = Uint8Array.of(this.#isMac ? TAG.mac : TAG.sign);
    return concatBytes(tag, encodeCbor([protectedBytes, new Map(), payload, proof]));
  }

  /** Undefined for what is no message for this device. Throws ERR_CBOR_MALFORMED, ERR_NOT_UTF8. */
  open(bytes: Uint8Array): Sealed | undefined {
    if (bytes[0] !== (this.#isMac ? TAG.mac : TAG.sign)) return undefined;
    const parts = decodeCbor(bytes.subarray(1));
    if (!Array.isArray(parts) || parts.length !== 4) return undefined;
    const [protectedBytes, unprotected, payload, proof] = parts as readonly Cbor[];
    if (!(unprotected instanceof Map) || unprotected.size > 0) return undefined;
    if (!isBytes(protectedBytes) || !isBytes(payload) || !isBytes(proof)) return undefined;
    const header = decodeCbor(protectedBytes);
    if (!(header instanceof Map)) return undefined;
    const kid: unknown = header.get(LABEL.kid);
    const partialIv: unknown = header.get(LABEL.partialIv);
    if (!isBytes(kid) || Buffer.from(kid).toString() !== this.#id) return undefined;
    if (header.get(LABEL.algorithm) !== ALGORITHM[this.#key.authentication]) return undefined;
    return {
      partialIv: isBytes(partialIv) ? partialIv : undefined,
      payload: decodeCbor(payload),
      isProven: (externalAad) => this.#isProven(this.#structure(protectedBytes, externalAad, payload), proof),
    };
  }

  /** MAC_structure and Sig_structure (RFC 9052, 6.3 and 4.4). */
  #structure(protectedBytes: Uint8Array, externalAad: Uint8Array, payload: Uint8Array): Uint8Array {
    return encodeCbor([this.#isMac ? 'MAC0' : 'Signature1', protectedBytes, externalAad, payload]);
  }

  #prove(data: Uint8Array): Uint8Array {
    const key = this.#key;
    if ('secret' in key) {
      const mac = createHmac('sha256', key.secret).update(data).digest();
      return mac.subarray(0, MAC_BYTES[key.authentication]);
    }
    if (key.authentication === 'eddsa') return sign(null, data, key.privateKey);
    return sign('sha256', data, { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
  }

  #isProven(data: Uint8Array, proof: Uint8Array): boolean {
    const key = this.#key;
    if ('secret' in key) {
      const mac = this.#prove(data);
      return mac.length === proof.length && timingSafeEqual(mac, proof);
    }
    if (key.authentication === 'eddsa') return verify(null, data, key.gatewayKey, proof);
    return verify('sha256', data, { key: key.gatewayKey, dsaEncoding: 'ieee-p1363' }, proof);
  }
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array;
}

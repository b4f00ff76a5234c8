import {
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';

/*
 * A device as docs/sensors.md describes it, with an encoder of its own: nothing here comes from `src`, so that a mistake
 * there is not shared.
 */

export type Cbor = number | string | boolean | Uint8Array | readonly Cbor[] | ReadonlyMap<number | string, Cbor>;

function head(major: number, value: number): Buffer {
  if (value < 24) return Buffer.of((major << 5) | value);
  if (value < 0x100) return Buffer.of((major << 5) | 24, value);
  if (value < 0x10000) return Buffer.of((major << 5) | 25, value >> 8, value & 0xff);
  const bytes = Buffer.alloc(5);
  bytes[0] = (major << 5) | 26;
  bytes.writeUInt32BE(value, 1);
  return bytes;
}

export function cbor(value: Cbor): Buffer {
  if (typeof value === 'boolean') return Buffer.of(value ? 0xf5 : 0xf4);
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value]);
  if (typeof value === 'number') {
    if (Number.isInteger(value) && Math.abs(value) < 2 ** 32) return value < 0 ? head(1, -1 - value) : head(0, value);
    const double = Buffer.alloc(9);
    double[0] = 0xfb;
    double.writeDoubleBE(value, 1);
    return double;
  }
  if (value instanceof Map) {
    const parts = [...value].flatMap(([key, item]) => [cbor(key), cbor(item)]);
    return Buffer.concat([head(5, value.size), ...parts]);
  }
  return Buffer.concat([head(4, (value as readonly Cbor[]).length), ...(value as readonly Cbor[]).map(cbor)]);
}

/** Integers, byte strings, texts, arrays and maps in their shortest form; what a device has to understand. */
function readCbor(bytes: Buffer): Cbor {
  let at = 0;
  const item = (): Cbor => {
    const first = bytes[at++] ?? 0;
    const info = first & 31;
    const width = info < 24 ? 0 : 2 ** (info - 24);
    const value = width === 0 ? info : bytes.readUIntBE(at, width);
    at += width;
    switch (first >> 5) {
      case 0:
        return value;
      case 1:
        return -1 - value;
      case 2:
      case 3: {
        const part = bytes.subarray(at, at + value);
        at += value;
        return first >> 5 === 2 ? part : part.toString();
      }
      case 4:
        return Array.from({ length: value }, item);
      case 5:
        return new Map(Array.from({ length: value }, () => [item() as number, item()] as const));
      default:
        return item(); // a tag
    }
  };
  return item();
}

const EMPTY = Buffer.alloc(0);
export const PURPOSE = { frame: 0, hello: 1, answer: 2, grant: 3, command: 4 } as const;

type Kind = 'hmac-256-64' | 'hmac-256-256' | 'eddsa' | 'es256';
const ALG: Record<Kind, number> = { 'hmac-256-64': 4, 'hmac-256-256': 5, eddsa: -8, es256: -7 };

/** SenML in CBOR with one value. */
export function pack(name: string, value: number, timeS?: number): Buffer {
  const record = new Map<number, Cbor>([
    [0, name],
    [2, value],
  ]);
  if (timeS !== undefined) record.set(6, timeS);
  return cbor([record]);
}

interface FrameOptions {
  readonly contentType?: number;
  readonly purpose?: number;
  readonly nonce?: Uint8Array;
}

export class SensorDevice {
  readonly id: string;
  readonly kind: Kind;
  readonly #key: Buffer;
  readonly #pair: { privateKey: KeyObject; publicKey: KeyObject } | undefined;
  /** What the gateway signs its answers with. */
  gatewayKey: KeyObject | undefined;
  /** Of a granted epoch. */
  nonce: Buffer = EMPTY;

  constructor(id: string, kind: Kind = 'hmac-256-64', key: Buffer = Buffer.from('0123456789abcdef'.repeat(2))) {
    this.id = id;
    this.kind = kind;
    this.#key = key;
    if (kind === 'eddsa') this.#pair = generateKeyPairSync('ed25519');
    if (kind === 'es256') this.#pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  }

  /** As an operator registers it. */
  get registration() {
    const key = this.#pair === undefined ? this.#key.toString('base64url') : this.#publicJwk(this.#pair.publicKey);
    return { id: this.id, authentication: this.kind, key } as const;
  }

  trust(answerKey: unknown): void {
    this.gatewayKey = createPublicKey({ key: answerKey as JsonWebKey, format: 'jwk' });
  }

  frame(epoch: number, counter: number, payload: Uint8Array, options: FrameOptions = {}): Buffer {
    const partialIv = Buffer.concat([cbor(epoch), cbor(counter)]);
    const { contentType, purpose = PURPOSE.frame, nonce = this.nonce } = options;
    return this.message(payload, cbor(['waypost-sensor', purpose, nonce]), partialIv, contentType);
  }

  hello(challenge: Uint8Array): Buffer {
    return this.message(cbor(challenge), cbor(['waypost-sensor', PURPOSE.hello, EMPTY]));
  }

  message(payload: Uint8Array, aad: Uint8Array, partialIv?: Uint8Array, contentType?: number): Buffer {
    const header = new Map<number, Cbor>([[1, ALG[this.kind]]]);
    if (contentType !== undefined) header.set(3, contentType);
    header.set(4, Buffer.from(this.id));
    if (partialIv !== undefined) header.set(6, partialIv);
    const protectedBytes = cbor(header);
    const proof = this.#prove(this.#structure(protectedBytes, aad, payload));
    const tag = this.#pair === undefined ? 0xd1 : 0xd2;
    return Buffer.concat([Buffer.of(tag), cbor([protectedBytes, new Map(), payload, proof])]);
  }

  /** The payload of what came from the gateway; undefined when it does not prove to be for this. */
  open(bytes: Uint8Array | undefined, nonce: Uint8Array = this.nonce): readonly Cbor[] | undefined {
    if (bytes === undefined) return undefined;
    const [protectedBytes, , payload, proof] = readCbor(Buffer.from(bytes)) as unknown as readonly Buffer[];
    if (protectedBytes === undefined || payload === undefined || proof === undefined) return undefined;
    const content = readCbor(payload) as readonly Cbor[];
    const aad = cbor(['waypost-sensor', content[0] ?? 0, nonce]);
    return this.#verify(this.#structure(protectedBytes, aad, payload), proof) ? content : undefined;
  }

  #structure(protectedBytes: Uint8Array, aad: Uint8Array, payload: Uint8Array): Buffer {
    return cbor([this.#pair === undefined ? 'MAC0' : 'Signature1', protectedBytes, aad, payload]);
  }

  #prove(data: Buffer): Buffer {
    if (this.kind === 'eddsa' && this.#pair) return sign(null, data, this.#pair.privateKey);
    if (this.kind === 'es256' && this.#pair) {
      return sign('sha256', data, { key: this.#pair.privateKey, dsaEncoding: 'ieee-p1363' });
    }
    const mac = createHmac('sha256', this.#key).update(data).digest();
    return this.kind === 'hmac-256-64' ? mac.subarray(0, 8) : mac;
  }

  #verify(data: Buffer, proof: Buffer): boolean {
    if (this.gatewayKey === undefined) return this.#prove(data).equals(proof);
    if (this.kind === 'eddsa') return verify(null, data, this.gatewayKey, proof);
    return verify('sha256', data, { key: this.gatewayKey, dsaEncoding: 'ieee-p1363' }, proof);
  }

  #publicJwk(key: KeyObject): { readonly [member: string]: string } {
    const { kty = '', crv = '', x = '', y } = key.export({ format: 'jwk' });
    return { kty, crv, x, ...(y === undefined ? {} : { y }) };
  }
}

import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../../src/core/bytes.js';
import { createNodePrimitives } from '../../../src/crypto/node.js';
import { encodeAnswer, encodeCommand, encodeGrant } from '../../../src/sensor/answer.js';
import type { NumberedCommand } from '../../../src/sensor/command.js';
import { toBeProven } from '../../../src/sensor/cose.js';
import { createDevice } from '../../../src/sensor/device.js';
import { externalAad, NO_NONCE, PURPOSE, parseFrame } from '../../../src/sensor/frame.js';
import { type Prover, proverOf } from '../../../src/sensor/proof.js';
import { encodeNumber } from '../../../src/sensor/sequence.js';
import { cbor, SensorDevice } from '../../support/sensor-device.js';

const read = (path: string) => readFile(new URL(`../../../${path}`, import.meta.url), 'utf8');
const vectors: Vectors = JSON.parse(await read('test/vectors/sensor/frames.json'));
const page = (await read('docs/sensors.md')).replaceAll(/[ \n]/g, '');

interface Vectors {
  readonly key: string;
  readonly challenge: string;
  readonly nonce: string;
  readonly fromDevice: readonly {
    name: string;
    hex: string;
    epoch: number;
    counter: number;
    nonce?: string;
    contentType?: number;
    payload: string;
  }[];
  readonly hello: string;
  readonly fromGateway: readonly {
    name: string;
    hex: string;
    epoch: number;
    counter: number;
    answer: { code: 0 | 1; retryAfterS?: number; command?: NumberedCommand };
  }[];
  readonly grant: { hex: string; epoch: number; timeS: number };
  readonly command: { hex: string; command: NumberedCommand };
}

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));
const primitives = createNodePrimitives();

function proverFor(key: string): Prover {
  const prover = proverOf(primitives, createDevice(primitives, { id: 't1', key }));
  if (prover === undefined) throw new Error('a device with a key has a prover');
  return prover;
}

const prover = proverFor(vectors.key);
const gateway = { deviceId: 't1', prover };
const device = new SensorDevice('t1', 'hmac-256-64', Buffer.from(vectors.key, 'hex'));

describe('what a device sends', () => {
  test.each(vectors.fromDevice)('$name', ({ hex, epoch, counter, nonce = '', contentType, payload }) => {
    const frame = parseFrame(bytes(hex));
    expect(frame).toMatchObject({ kind: 'frame', number: { epoch, counter } });
    const { header, protectedBytes, proof } = frame.message;
    expect(header).toEqual({
      algorithm: 'hmac-256-64',
      kid: 't1',
      partialIv: encodeNumber({ epoch, counter }),
      ...(contentType === undefined ? {} : { contentType }),
    });
    expect(toHex(frame.message.payload)).toBe(payload);
    const external = externalAad(PURPOSE.frame, bytes(nonce));
    expect(prover.verify(toBeProven('hmac-256-64', protectedBytes, external, bytes(payload)), proof)).toBe(true);
    const made = device.frame(epoch, counter, bytes(payload), {
      nonce: bytes(nonce),
      ...(contentType === undefined ? {} : { contentType }),
    });
    expect(made.toString('hex')).toBe(hex);
  });

  test('a hello', () => {
    const hello = parseFrame(bytes(vectors.hello));
    expect(hello).toMatchObject({ kind: 'hello', challenge: bytes(vectors.challenge) });
    const { protectedBytes, payload, proof } = hello.message;
    const external = externalAad(PURPOSE.hello, NO_NONCE);
    expect(prover.verify(toBeProven('hmac-256-64', protectedBytes, external, payload), proof)).toBe(true);
    expect(device.hello(bytes(vectors.challenge)).toString('hex')).toBe(vectors.hello);
  });
});

describe('what a gateway sends', () => {
  test.each(vectors.fromGateway)('$name', ({ hex, epoch, counter, answer }) => {
    expect(toHex(encodeAnswer(gateway, { epoch, counter }, NO_NONCE, answer))).toBe(hex);
    expect(device.open(bytes(hex))?.[1]).toBe(answer.code);
  });

  test('a grant', () => {
    const { hex, epoch, timeS } = vectors.grant;
    const grant = { epoch, nonce: bytes(vectors.nonce), challengeHash: new Uint8Array(8) };
    expect(toHex(encodeGrant(gateway, grant, bytes(vectors.challenge), timeS))).toBe(hex);
    expect(device.open(bytes(hex), bytes(vectors.challenge))).toEqual([
      3,
      epoch,
      Buffer.from(vectors.nonce, 'hex'),
      timeS,
    ]);
  });

  test('a command', () => {
    const { hex, command } = vectors.command;
    expect(toHex(encodeCommand(gateway, bytes(vectors.nonce), command))).toBe(hex);
    expect(device.open(bytes(hex), bytes(vectors.nonce))).toEqual([4, command]);
  });
});

test('the page shows the same bytes', () => {
  const [readings] = vectors.fromDevice;
  const shown = [vectors.hello, vectors.grant.hex, ...vectors.fromGateway.map(({ hex }) => hex)];
  for (const hex of shown) expect(page).toContain(hex);
  const frame = parseFrame(bytes(readings?.hex ?? ''));
  const external = externalAad(PURPOSE.frame, NO_NONCE);
  expect(page).toContain(`external${toHex(external)}`);
  const proven = toBeProven('hmac-256-64', frame.message.protectedBytes, external, frame.message.payload);
  expect(page).toContain(`MACover${toHex(proven)}`);
  expect(page).toContain(`48${toHex(frame.message.proof)}MAC`);
});

/* github.com/cose-wg/Examples: HMac-enc-01, HMac-enc-05, mac-pass-02 and sign-pass-02. */
describe('the examples of the COSE working group', () => {
  const CONTENT = '546869732069732074686520636f6e74656e742e';
  const KEY = 'hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg';

  test.each([
    ['hmac-256-256', 'a10105', '', 'a1a848d3471f9d61ee49018d244c824772f223ad4f935293f1789fc3a08d8c58'],
    ['hmac-256-64', 'a10104', '', '11f9e357975fb849'],
    [
      'hmac-256-256',
      '',
      'ff00ee11dd22cc33bb44aa559966',
      '0fecaec59bb46cc8a488aaca4b205e322dd52696b75a45768d3c302dd4bae2f7',
    ],
  ] as const)('%s over %s %s', (authentication, header, external, mac) => {
    const made = proverOf(primitives, createDevice(primitives, { id: 'x', authentication, key: KEY }));
    const proven = toBeProven(authentication, bytes(header), bytes(external), bytes(CONTENT));
    expect(toHex(made?.prove(proven) ?? new Uint8Array())).toBe(mac);
  });

  test('es256', () => {
    const key = {
      kty: 'EC',
      crv: 'P-256',
      x: 'usWxHK2PmfnHKwXPS54m0kTcGJ90UiglWiGahtagnv8',
      y: 'IBOL-C3BttVivg-lSreASjpkttcsz-1rb7btKLv8EX4',
    } as const;
    const made = proverOf(primitives, createDevice(primitives, { id: 'x', authentication: 'es256', key }));
    const proven = toBeProven('es256', bytes('a10126'), bytes('11aa22bb33cc44dd55006699'), bytes(CONTENT));
    const signature =
      'eae868ecc176883766c5dc5ba5b8dca25dab3c2e56a551ce5705b793914348e155388b10c4f1b59a6733eab416870a945111a4b2fbdbef33a77234b1deff2f9b';
    expect(made?.verify(proven, bytes(signature))).toBe(true);
    expect(made?.verify(proven, bytes(signature.replace('eae8', 'eae9')))).toBe(false);
  });
});

test('what is not exactly as documented is no frame', () => {
  const refusal = (frame: Uint8Array): unknown => {
    try {
      parseFrame(frame);
      return undefined;
    } catch (error) {
      return (error as { code: unknown }).code;
    }
  };
  const header = (more: readonly [number, number | Uint8Array][]) =>
    cbor(new Map<number, number | Uint8Array>([[1, 4], [4, Buffer.from('t1')], ...more]));
  const message = (protectedBytes: Uint8Array, unprotected = new Map<number, number>()) =>
    Buffer.concat([Buffer.of(0xd1), cbor([protectedBytes, unprotected, cbor([]), Buffer.alloc(8)])]);
  const numbered: [number, Uint8Array] = [6, Buffer.of(1, 2)];
  expect(refusal(message(header([numbered])))).toBeUndefined();
  for (const [what, frame] of Object.entries({
    'an unprotected header': message(header([numbered]), new Map([[4, 1]])),
    'a critical parameter': message(header([numbered, [2, 1]])),
    'a number of one integer': message(header([[6, Buffer.of(1)]])),
    'a number of three': message(header([[6, Buffer.of(1, 2, 3)]])),
    'a number not as short as can be': message(header([[6, Buffer.of(0x18, 1, 2)]])),
    'a negative number': message(header([[6, Buffer.of(0x20, 2)]])),
    'no Partial IV and no challenge': message(header([])),
    'the tag of a signature': Buffer.concat([Buffer.of(0xd2), message(header([numbered])).subarray(1)]),
    'another tag': Buffer.concat([Buffer.of(0xd3), message(header([numbered])).subarray(1)]),
  })) {
    expect([what, refusal(frame)]).toEqual([what, expect.stringMatching(/^ERR_(FRAME|CBOR)_MALFORMED$/)]);
  }
});

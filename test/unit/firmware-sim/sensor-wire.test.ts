import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Cbor, decodeCbor, encodeCbor } from '../../../firmware-sim/sensor/cbor.js';
import { ownEpoch, report, Wire } from '../../../firmware-sim/sensor/wire.js';
import { WaypostError } from '../../../src/core/errors.js';
import { KEY } from '../../support/simulated-sensor.js';

/*
 * The vectors that the gateway is held to as well: what the two have in common is the document, and no code.
 */

interface FromDevice {
  readonly name: string;
  readonly hex: string;
  readonly epoch: number;
  readonly counter: number;
  readonly contentType?: number;
  readonly nonce?: string;
  readonly payload: string;
}

interface FromGateway {
  readonly name: string;
  readonly hex: string;
  readonly epoch: number;
  readonly counter: number;
  readonly answer: { readonly code: number; readonly retryAfterS?: number; readonly command?: readonly number[] };
}

const vectors = JSON.parse(readFileSync('test/vectors/sensor/frames.json', 'utf8'));
const wire = new Wire('t1', KEY);
const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const none = { nonceOf: () => new Uint8Array(), challenge: undefined, current: undefined };
const [number, what, argument] = vectors.command.command;
const command = { number, what, argument };

describe('the messages of a simulated sensor', () => {
  const frames: readonly FromDevice[] = vectors.fromDevice;
  const made = frames.filter(({ contentType }) => contentType !== 110); // it has no JSON

  test.each(made)('$name', ({ epoch, counter, nonce, contentType, payload, hex: expected }) => {
    const of = nonce === undefined ? ownEpoch(epoch) : { epoch, nonce: hex(nonce) };
    expect(toHex(wire.frame(of, counter, hex(payload), contentType === 60 ? 'report' : 'readings'))).toBe(expected);
  });

  test('a hello, and its grant', () => {
    const challenge = hex(vectors.challenge);
    expect(toHex(wire.hello(challenge))).toBe(vectors.hello);
    const { epoch, timeS, hex: bytes } = vectors.grant;
    const granted = { kind: 'grant', epoch: { epoch, nonce: hex(vectors.nonce) }, timeS };
    expect(wire.read(hex(bytes), { ...none, challenge })).toEqual(granted);
    expect(wire.read(hex(bytes), none)).toBeUndefined();
    expect(wire.read(hex(bytes), { ...none, challenge: hex('0102030405060709') })).toBeUndefined();
  });

  test.each(vectors.fromGateway as readonly FromGateway[])('an answer: $name', (vector) => {
    const { epoch, counter, answer } = vector;
    const { code, retryAfterS = 0 } = answer;
    const expected = { kind: 'answer', number: { epoch, counter }, code, retryAfterS };
    expect(wire.read(hex(vector.hex), none)).toEqual({ ...expected, command: answer.command && command });
  });

  test('a command that nobody asked for', () => {
    const bytes = hex(vectors.command.hex);
    const current = { epoch: 4, nonce: hex(vectors.nonce) };
    const read = [none, { ...none, current }].map((expected) => wire.read(bytes, expected));
    expect(read.filter((one) => one !== undefined)).toEqual([{ kind: 'command', command }]);
  });

  test('no message with a wrong bit, half a message or one for somebody else is believed', () => {
    const bytes = hex(vectors.fromGateway[0].hex);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const wrong = bytes.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      expect(wire.read(wrong, none)).toBeUndefined();
    }
    for (let length = 0; length < bytes.length; length++) {
      expect(wire.read(bytes.subarray(0, length), none)).toBeUndefined();
    }
    expect(new Wire('t2', KEY).read(bytes, none)).toBeUndefined();
  });
});

describe('the CBOR of a simulated sensor', () => {
  // RFC 8949, appendix A.
  const examples: readonly (readonly [Cbor, string])[] = [
    [0, '00'],
    [23, '17'],
    [24, '1818'],
    [1000, '1903e8'],
    [1_000_000, '1a000f4240'],
    [-1, '20'],
    [-1000, '3903e7'],
    [1.5, 'f93e00'],
    [-4.125, 'f9c420'],
    [100_000.5, 'fa47c35040'],
    [2 ** -24, 'fa33800000'],
    [1.1, 'fb3ff199999999999a'],
    [-4.1, 'fbc010666666666666'],
    ['IETF', '6449455446'],
    [Uint8Array.of(1, 2, 3, 4), '4401020304'],
    [[1, [2, 3]], '8201820203'],
    [
      new Map([
        [1, 2],
        [3, 4],
      ]),
      'a201020304',
    ],
    [report(7, 0), '43820700'],
  ];

  test.each(examples)('%j is %s', (value, encoded) => {
    expect(toHex(encodeCbor(value))).toBe(encoded);
  });

  test('is read again, but for floating point numbers', () => {
    for (const [value, encoded] of examples) {
      if (/^f[9ab]/.test(encoded)) expect(() => decodeCbor(hex(encoded))).toThrow(WaypostError);
      else expect(decodeCbor(hex(encoded))).toEqual(value);
    }
  });

  test.each(['9affffffff', '9f01ff', '1b0000000000000001', '8181818181', '', '0000', 'a1414100', 'c000', '61ff'])(
    'refuses %s',
    (bytes) => {
      expect(() => decodeCbor(hex(bytes))).toThrow(WaypostError);
    },
  );
});

import { describe, expect, test } from 'vitest';
import { frameBytesFor, ValueDecoder, ValueEncoder, valueBytesFor } from '../../../../src/link/gatt/value-codec.js';

const bytes = (length: number, from = 0) => Uint8Array.from({ length }, (_, index) => from + index);

test.each([
  [20, 20, 148],
  [182, 182, 181],
  [244, 244, 243],
  [253, 244, 243],
  [494, 244, 243],
  [512, 495, 494],
])('of %i bytes that the MTU allows, %i are used, for frames of %i', (allowed, used, frame) => {
  expect(valueBytesFor(allowed)).toBe(used);
  expect(frameBytesFor(used)).toBe(frame);
});

test('a frame that fits is one value, with a number', () => {
  const encoder = new ValueEncoder(244);
  expect(encoder.encode(Uint8Array.of(1, 2))).toEqual([Uint8Array.of(0xc0, 1, 2)]);
  expect(encoder.encode(Uint8Array.of(3))).toEqual([Uint8Array.of(0xc1, 3)]);
  for (let i = 2; i < 64; i++) encoder.encode(Uint8Array.of(0));
  expect(encoder.encode(Uint8Array.of(4))).toEqual([Uint8Array.of(0xc0, 4)]);
});

test('values may become longer between two frames, for a receiver that puts together what it gets', () => {
  const encoder = new ValueEncoder(20);
  const decoder = new ValueDecoder(243);
  const frame = bytes(150);
  const short = encoder.encode(frame);
  encoder.valueBytes = 244;
  const long = encoder.encode(frame);
  expect([short.length, long.length]).toEqual([9, 1]);
  const frames = [...short, ...long].map((value) => decoder.decode(value)).filter((found) => found !== undefined);
  expect(frames).toEqual([frame, frame]);
});

test('a longer one is several, with its CRC-32C at the end, low byte first', () => {
  const digits = new TextEncoder().encode('123456789'); // the check value of CRC-32C is e3069283
  expect(new ValueEncoder(8).encode(digits)).toEqual([
    Uint8Array.of(0x80, ...digits.subarray(0, 7)),
    Uint8Array.of(0x41, ...digits.subarray(7), 0x83, 0x92, 0x06, 0xe3),
  ]);
});

describe('putting frames of several values together', () => {
  const [a, b] = [bytes(100), bytes(100, 100)];
  const values = () => {
    const encoder = new ValueEncoder(20);
    return [...encoder.encode(a), ...encoder.encode(b)];
  };
  const decodeAll = (given: readonly Uint8Array[], maxFrameBytes = 148) => {
    const decoder = new ValueDecoder(maxFrameBytes);
    return given.map((value) => decoder.decode(value)).filter((frame) => frame !== undefined);
  };

  test('all of them', () => expect(decodeAll(values())).toEqual([a, b]));

  test('any value lost costs its own frame', () => {
    for (let lost = 0; lost < 12; lost++) {
      const rest = values().filter((_, index) => index !== lost);
      expect(decodeAll(rest)).toEqual([lost < 6 ? b : a]);
    }
  });

  test('a loss of as many values as there are numbers is found by the CRC', () => {
    const encoder = new ValueEncoder(20);
    const [first] = encoder.encode(a);
    for (let i = 0; i < 58; i++) encoder.encode(Uint8Array.of(i));
    const last = encoder.encode(b);
    expect(last[1]?.[0]).toBe(0x01); // takes the place of the second value of the first frame
    expect(decodeAll([first ?? new Uint8Array(), ...last.slice(1)])).toEqual([]);
  });

  test('one that is too long is not collected', () => expect(decodeAll(values(), 60)).toEqual([]));

  test('values without a beginning, without bytes, and nothing at all give nothing', () => {
    expect(decodeAll([Uint8Array.of(0x41, 1), Uint8Array.of(0xc0), new Uint8Array(), Uint8Array.of(0x00, 9)])).toEqual(
      [],
    );
  });
});

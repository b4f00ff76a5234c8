import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { toHex, utf8 } from '../../../src/core/bytes.js';
import { isWaypostError } from '../../../src/core/errors.js';
import { cobsDecode, cobsEncode } from '../../../src/link/cobs.js';
import { compactEnvelope } from '../../../src/link/compact/compact.js';
import { expandEnvelope } from '../../../src/link/compact/expand.js';
import { NAMES, WORDS } from '../../../src/link/compact/words.js';
import { crc32c } from '../../../src/link/crc32c.js';
import { parityFraming, plainFraming } from '../../../src/link/framing.js';
import { ReedSolomon } from '../../../src/link/reed-solomon.js';
import { slowCobsDecode, slowCorrect, slowCrc32c } from '../../support/slow-codecs.js';

/* What other implementations are tested with, in test/vectors/link-codecs; here with the source and with slow twins. */

function vectors<T>(name: string): T {
  return JSON.parse(readFileSync(`test/vectors/link-codecs/${name}`, 'utf8')) as T;
}

const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));

describe('CRC-32C', () => {
  const file = vectors<{ vectors: { what: string; bytes: string; crc: string }[] }>('crc32c.json');
  test.each(file.vectors)('$what', ({ bytes, crc }) => {
    expect(crc32c(bytesOf(bytes))).toBe(Number.parseInt(crc, 16));
    expect(slowCrc32c([...bytesOf(bytes)])).toBe(Number.parseInt(crc, 16));
  });
});

describe('COBS', () => {
  const file = vectors<{
    vectors: { what: string; plain: string; encoded: string }[];
    malformed: { what: string; encoded: string }[];
  }>('cobs.json');

  test.each(file.vectors)('$what', ({ plain, encoded }) => {
    expect(toHex(cobsEncode(bytesOf(plain)))).toBe(encoded);
    expect(slowCobsDecode([...bytesOf(encoded)])).toEqual([...bytesOf(plain)]);
  });

  test.each(file.malformed)('$what', ({ encoded }) => {
    expect(cobsDecode(bytesOf(encoded))).toBeUndefined();
  });
});

describe('Reed-Solomon', () => {
  const file = vectors<{
    vectors: { what: string; parityBytes: number; firstRoot: number; message: string; parity: string }[];
  }>('reed-solomon.json');

  test.each(file.vectors)('$what', ({ parityBytes, firstRoot, message, parity }) => {
    expect(toHex(new ReedSolomon({ parityBytes, firstRoot }).parity(bytesOf(message)))).toBe(parity);
    const word = [...bytesOf(message + parity)];
    expect(slowCorrect(word, parityBytes, firstRoot)).toEqual(word);
  });
});

describe('frames on a line', () => {
  interface Frame {
    readonly what: string;
    readonly frame: string;
    readonly wire: string;
  }
  const file = vectors<{
    plain: Frame[];
    parity: Frame[];
    lines: { what: string; line: string; frames: string[] }[];
  }>('framing.json');
  const options = { maxFrameBytes: 2000 };

  test.each(file.plain)('plain: $what', ({ frame, wire }) => {
    expect(toHex(plainFraming(options).encode(bytesOf(frame)))).toBe(wire);
  });

  test.each(file.parity)('parity: $what', ({ frame, wire }) => {
    expect(toHex(parityFraming(options).encode(bytesOf(frame)))).toBe(wire);
    // As the document says it: every block is a code word, and its first byte tells what its data was XORed with.
    const encoded = [...bytesOf(wire)].slice(0, -1);
    const blocks = Math.ceil(encoded.length / 255);
    for (let index = 0; index < blocks; index++) {
      const block = encoded.filter((_, i) => i % blocks === index);
      expect(slowCorrect(block, 8, 100)).toEqual(block);
    }
  });

  test.each(file.lines)('$what', ({ line, frames }) => {
    expect(plainFraming(options).decoder().push(bytesOf(line)).map(toHex)).toEqual(frames);
  });
});

describe('compact envelopes', () => {
  const file = vectors<{
    names: string[];
    words: string[];
    envelopes: { what: string; json: string; compact: string }[];
    asTheyAre: string[];
    malformed: { what: string; compact: string }[];
  }>('compact-envelope.json');

  test('have these tables', () => {
    expect(NAMES).toEqual(file.names);
    expect(WORDS).toEqual(file.words);
  });

  test.each(file.envelopes)('$what', ({ json, compact }) => {
    const made = compactEnvelope(utf8(json));
    expect(made && toHex(made)).toBe(compact);
    expect(new TextDecoder().decode(expandEnvelope(bytesOf(compact), utf8(json).length))).toBe(json);
  });

  test.each(file.asTheyAre)('%s travels as it is', (json) => {
    expect(compactEnvelope(utf8(json))).toBeUndefined();
  });

  test.each(file.malformed)('$what', ({ compact }) => {
    const malformed = (error: unknown): boolean =>
      isWaypostError(error, 'ERR_COMPACT_MALFORMED') || isWaypostError(error, 'ERR_CBOR_MALFORMED');
    expect(() => expandEnvelope(bytesOf(compact), 1000)).toThrow(expect.toSatisfy(malformed));
  });
});

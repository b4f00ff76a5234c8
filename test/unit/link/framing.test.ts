import { describe, expect, test } from 'vitest';
import { concatBytes, utf8 } from '../../../src/core/bytes.js';
import { isWaypostError } from '../../../src/core/errors.js';
import { DELIMITER } from '../../../src/link/frame-splitter.js';
import { type LineFraming, parityFraming, plainFraming } from '../../../src/link/framing.js';
import { parityDecode, parityEncode } from '../../../src/link/parity-blocks.js';

const MAX_FRAME_BYTES = 1000;
const plain = plainFraming({ maxFrameBytes: MAX_FRAME_BYTES });
const parity = parityFraming({ maxFrameBytes: MAX_FRAME_BYTES });
const KINDS: readonly (readonly [string, LineFraming])[] = [
  ['plain', plain],
  ['parity', parity],
];

const NO_COUNTS = { plainFrames: 0, parityFrames: 0, correctedBytes: 0, damagedRuns: 0, droppedBytes: 0 };
const delimiter = Uint8Array.of(DELIMITER);

function frameOf(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * seed * 7 + (i >> 3)) % 256);
}

function hit(wire: Uint8Array, ...places: number[]): Uint8Array {
  const damaged = wire.slice();
  for (const place of places) {
    const at = place < 0 ? wire.length + place : place;
    damaged[at] = (damaged[at] as number) ^ 0xff || 0x55;
  }
  return damaged;
}

describe.each(KINDS)('frames on a line, %s', (_, framing) => {
  test.each([1, 2, 241, 242, 243, 250, 253, 254, 255, 487, 488, 489, 1000])('%i bytes', (length) => {
    const frame = frameOf(length);
    const wire = framing.encode(frame);
    expect(wire.indexOf(DELIMITER)).toBe(wire.length - 1);
    expect(wire.length - length).toBeLessThanOrEqual(framing.overheadBytes(length));
    expect(framing.decoder().push(wire)).toEqual([frame]);
  });

  test('of nothing but zeros, and of every single value', () => {
    for (let value = 0; value < 256; value++) {
      const frame = new Uint8Array(300).fill(value);
      const wire = framing.encode(frame);
      expect(wire.indexOf(DELIMITER)).toBe(wire.length - 1);
      expect(framing.decoder().push(wire)).toEqual([frame]);
    }
  });

  test('come out byte by byte', () => {
    const decoder = framing.decoder();
    const wire = concatBytes(framing.encode(frameOf(10)), framing.encode(frameOf(20)));
    expect([...wire].flatMap((byte) => decoder.push(Uint8Array.of(byte)))).toEqual([frameOf(10), frameOf(20)]);
  });

  test('come out after what a microcontroller says when it boots', () => {
    const decoder = framing.decoder();
    const boot = utf8('ets Jul 29 2019 12:21:46\r\nrst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n');
    const other = Uint8Array.from({ length: 20_000 }, (_, i) => 0x80 | (i % 0x7f));
    expect(decoder.push(concatBytes(boot, delimiter, framing.encode(frameOf(9))))).toEqual([frameOf(9)]);
    expect(decoder.push(concatBytes(other, delimiter, framing.encode(frameOf(8))))).toEqual([frameOf(8)]);
    expect(decoder.counters).toMatchObject({ damagedRuns: 1, droppedBytes: other.length });
  });

  test('are both there when the delimiter between them was hit', () => {
    for (const lengths of [
      [50, 50, 50],
      [50, 50, 20],
      [50, 20, 50],
    ]) {
      const decoder = framing.decoder();
      const [first, second, third] = lengths.map((length) => framing.encode(frameOf(length)));
      if (first === undefined || second === undefined || third === undefined) throw new Error('three frames');
      const frames = decoder.push(concatBytes(first, hit(second, -1), third));
      expect(frames).toEqual(lengths.map((length) => frameOf(length)));
    }
  });

  test('are refused when empty or too long', () => {
    const code = (work: () => unknown): unknown => {
      try {
        return work();
      } catch (error) {
        return isWaypostError(error) ? error.code : error;
      }
    };
    expect(code(() => framing.encode(new Uint8Array(0)))).toBe('ERR_INVALID_ARGUMENT');
    expect(code(() => framing.encode(new Uint8Array(MAX_FRAME_BYTES + 1)))).toBe('ERR_TOO_LARGE');
    const generous = framing === plain ? plainFraming : parityFraming;
    const wire = generous({ maxFrameBytes: 1001 }).encode(frameOf(1001));
    expect(framing.decoder().push(wire)).toEqual([]);
  });

  test('can be changed by whoever was given them', () => {
    const decoder = framing.decoder();
    const wire = framing.encode(frameOf(30));
    decoder.push(wire)[0]?.fill(0);
    expect(decoder.push(wire)).toEqual([frameOf(30)]);
  });
});

test('blocks with parity have no zero at any length, even when all of their data is zero', () => {
  // Then the parity comes from the mask alone: a zero in it would show.
  for (let length = 1; length <= 500; length++) {
    const encoded = parityEncode(new Uint8Array(length));
    expect(encoded.indexOf(DELIMITER)).toBe(-1);
    expect(parityDecode(encoded)?.bytes).toEqual(new Uint8Array(length));
  }
});

describe('a decoder', () => {
  test('takes both kinds, frame by frame', () => {
    const decoder = plain.decoder();
    const wire = concatBytes(plain.encode(frameOf(5)), parity.encode(frameOf(6)), plain.encode(frameOf(7)));
    expect(decoder.push(wire)).toEqual([frameOf(5), frameOf(6), frameOf(7)]);
    expect(decoder.counters).toEqual({ ...NO_COUNTS, plainFrames: 2, parityFrames: 1 });
  });

  test('lets nothing through that was damaged on a plain line', () => {
    const wire = plain.encode(frameOf(20));
    for (let place = 0; place < wire.length - 1; place++) {
      const decoder = plain.decoder();
      expect(decoder.push(hit(wire, place))).toEqual([]);
      expect(decoder.counters).toEqual({ ...NO_COUNTS, damagedRuns: 1 });
    }
  });

  test('corrects up to four bytes of a block with parity, the mask byte included', () => {
    const wire = parity.encode(frameOf(100));
    for (let place = 0; place < wire.length - 4; place++) {
      const decoder = parity.decoder();
      expect(decoder.push(hit(wire, place, place + 1, place + 2, place + 3))).toEqual([frameOf(100)]);
      expect(decoder.counters).toEqual({ ...NO_COUNTS, parityFrames: 1, correctedBytes: 4 });
    }
    expect(parity.decoder().push(hit(wire, 1, 2, 3, 4, 5))).toEqual([]);
  });

  test('corrects a burst that hits several blocks', () => {
    const wire = parity.encode(frameOf(900));
    const burst = Array.from({ length: 16 }, (_, i) => 300 + i);
    expect(parity.decoder().push(hit(wire, ...burst))).toEqual([frameOf(900)]);
  });

  test('puts together a frame of which a byte became a delimiter', () => {
    const decoder = parity.decoder();
    const wire = parity.encode(frameOf(100));
    const cut = wire.slice();
    cut[40] = DELIMITER;
    expect(decoder.push(concatBytes(wire, cut, wire))).toEqual([frameOf(100), frameOf(100), frameOf(100)]);
    expect(decoder.counters).toMatchObject({ parityFrames: 3, correctedBytes: 1 });
  });

  test('forgets the first half of a frame when whole ones follow', () => {
    const decoder = parity.decoder();
    const wire = parity.encode(frameOf(100));
    const halves = [wire.slice(0, 40), wire.slice(41)];
    const [first, second] = halves as [Uint8Array, Uint8Array];
    expect(decoder.push(concatBytes(wire, first, delimiter, wire, second))).toEqual([frameOf(100), frameOf(100)]);
  });
});

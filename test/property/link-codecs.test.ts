import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { concatBytes } from '../../src/core/bytes.js';
import { cobsDecode, cobsEncode, cobsMaxEncodedLength } from '../../src/link/cobs.js';
import { crc32c } from '../../src/link/crc32c.js';
import { FrameSplitter } from '../../src/link/frame-splitter.js';
import { parityFraming, plainFraming } from '../../src/link/framing.js';
import { parityDecode, parityEncode } from '../../src/link/parity-blocks.js';
import { ReedSolomon } from '../../src/link/reed-solomon.js';
import { assertSame, fuzz, onInput } from '../support/mutate.js';
import { slowCobsDecode, slowCorrect, slowCrc32c } from '../support/slow-codecs.js';

/*
 * Whatever comes from a line, its codecs give what was sent or nothing. `npm run test:fuzz` tries more than a million
 * inputs here and in link-compact.test.ts.
 */

const MAX_FRAME_BYTES = 600;
const framings = [plainFraming({ maxFrameBytes: MAX_FRAME_BYTES }), parityFraming({ maxFrameBytes: MAX_FRAME_BYTES })];

describe('COBS', () => {
  test('round trip, without a zero and within its longest length', () =>
    fuzz(150, (mutator) => {
      const bytes = mutator.bytes(mutator.pick([20, 600]));
      const encoded = cobsEncode(bytes);
      onInput(bytes, () => {
        assert(!encoded.includes(0));
        assert(encoded.length <= cobsMaxEncodedLength(bytes.length));
        assertSame(cobsDecode(encoded), bytes);
      });
    }));

  test('decodes anything as a slow decoder does', () =>
    fuzz(150, (mutator) => {
      const input = mutator.below(2) === 0 ? mutator.bytes(40) : mutator.damaged(cobsEncode(mutator.bytes(60)));
      const slow = slowCobsDecode([...input]);
      onInput(input, () => assertSame(cobsDecode(input), slow && Uint8Array.from(slow)));
    }));
});

test('CRC-32C: as a bit at a time, and from any place on', () =>
  fuzz(50, (mutator) => {
    const bytes = mutator.bytes(60);
    const cut = mutator.below(bytes.length + 1);
    onInput(bytes, () => {
      assert.equal(crc32c(bytes), slowCrc32c([...bytes]));
      assert.equal(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut))), crc32c(bytes));
    });
  }));

test('the splitter gives what stands between zeros, whatever the chunks', () =>
  fuzz(100, (mutator) => {
    const input = mutator.bytes(200);
    const limit = 1 + mutator.below(60);
    const splitter = new FrameSplitter(limit);
    const runsFound: Uint8Array[] = [];
    for (let at = 0, step = 0; at < input.length; at += step) {
      step = mutator.below(50);
      runsFound.push(...splitter.push(input.subarray(at, at + step)));
    }
    const parts = Buffer.from(input).toString('latin1').split('\0');
    const whole = parts.slice(0, -1).filter((part) => part.length > 0 && part.length <= limit);
    onInput(input, () =>
      assert.deepEqual(
        runsFound.map((run) => Buffer.from(run).toString('latin1')),
        whole,
      ),
    );
  }));

describe('Reed-Solomon', () => {
  const codes = [
    { parityBytes: 8, firstRoot: 100 },
    { parityBytes: 2, firstRoot: 0 },
    { parityBytes: 5, firstRoot: 1 },
    { parityBytes: 16, firstRoot: 254 },
  ].map((options) => ({ ...options, code: new ReedSolomon(options) }));

  test('corrects what it can', () =>
    fuzz(100, (mutator) => {
      const { code, parityBytes } = mutator.pick(codes);
      const message = mutator.bytes(255 - parityBytes);
      if (message.length === 0) return;
      const word = concatBytes(message, code.parity(message));
      const damaged = word.slice();
      const places = new Set(
        Array.from({ length: mutator.below(1 + Math.floor(parityBytes / 2)) }, () => mutator.below(word.length)),
      );
      for (const place of places) damaged[place] = (damaged[place] as number) ^ (1 + mutator.below(255));
      onInput(damaged, () => {
        assert.equal(code.correct(damaged), places.size);
        assertSame(damaged, word);
      });
    }));

  test('corrects anything as a slow decoder does', () =>
    fuzz(3, (mutator) => {
      const { code, parityBytes, firstRoot } = mutator.pick(codes);
      const word = mutator.bytes(parityBytes + 12);
      if (word.length <= parityBytes) return;
      const nearly = concatBytes(word.subarray(parityBytes), code.parity(word.subarray(parityBytes)));
      const input = mutator.below(4) === 0 ? word : nearly;
      for (let i = mutator.below(2 + parityBytes / 2); i > 0; i--)
        input[mutator.below(input.length)] = mutator.below(256);
      const slow = slowCorrect([...input], parityBytes, firstRoot);
      const fast = input.slice();
      onInput(input, () => {
        const corrected = code.correct(fast);
        assertSame(corrected === undefined ? undefined : fast, slow && Uint8Array.from(slow));
        assert.equal(fast.filter((byte, i) => byte !== input[i]).length, corrected ?? 0);
      });
    }));
});

describe('blocks with parity', () => {
  test('have no zero, and come back with four wrong bytes in each', () =>
    fuzz(50, (mutator) => {
      const bytes = concatBytes(Uint8Array.of(mutator.below(256)), mutator.bytes(mutator.pick([10, 300, 600])));
      const encoded = parityEncode(bytes);
      const blocks = Math.ceil(encoded.length / 255);
      const damaged = encoded.slice();
      for (let i = 0; i < 4 * blocks; i++) {
        const place = (i % blocks) + blocks * mutator.below(Math.floor(encoded.length / blocks));
        damaged[place] = mutator.below(256);
      }
      onInput(bytes, () => {
        assert(!encoded.includes(0));
        assertSame(parityDecode(damaged)?.bytes, bytes);
      });
    }));

  test('take anything', () =>
    fuzz(100, (mutator) => {
      const input = mutator.bytes(600);
      onInput(input, () => {
        const decoded = parityDecode(input);
        assert(decoded === undefined || decoded.correctedBytes <= (4 * input.length) / 10);
      });
    }));
});

describe('frames', () => {
  test('come out of a damaged line as they went in, or not at all', () =>
    fuzz(60, (mutator) => {
      const sent = Array.from({ length: 3 }, () =>
        concatBytes(Uint8Array.of(1), mutator.bytes(mutator.pick([8, 80, 500]))),
      );
      const wire = concatBytes(...sent.map((frame) => mutator.pick(framings).encode(frame)));
      const line = mutator.damaged(wire);
      const decoder = mutator.pick(framings).decoder();
      const cut = mutator.below(line.length + 1);
      const frames = [...decoder.push(line.subarray(0, cut)), ...decoder.push(line.subarray(cut))];
      const known = new Set(sent.map(String));
      onInput(line, () => {
        for (const frame of frames) assert(known.has(String(frame)));
        const { plainFrames, parityFrames } = decoder.counters;
        assert.equal(plainFrames + parityFrames, frames.length);
      });
    }));

  test('are not found in noise, and are found behind it', () =>
    fuzz(30, (mutator) => {
      const decoder = mutator.pick(framings).decoder();
      const noise = mutator.bytes(3000);
      const wire = mutator.pick(framings).encode(Uint8Array.of(1, 2, 3));
      onInput(noise, () => {
        assert.equal(decoder.push(noise).length, 0);
        assert.deepEqual(decoder.push(concatBytes(Uint8Array.of(0), wire)), [Uint8Array.of(1, 2, 3)]);
      });
    }));
});

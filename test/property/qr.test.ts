import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, equalBytes } from '../../src/core/bytes.js';
import { isWaypostError } from '../../src/core/errors.js';
import { checkPicture, DEFAULT_PICTURE_LIMITS } from '../../src/core/picture.js';
import { decodeBase45, encodeBase45 } from '../../src/link/base45.js';
import { FountainEncoder, MAX_SYMBOL_INDEX } from '../../src/link/fountain.js';
import { FountainDecoder } from '../../src/link/fountain-decoder.js';
import { QrAnimation } from '../../src/link/qr-animation.js';
import { decodeFrame, messageIdOf } from '../../src/link/qr-frame.js';
import { QrReceiver } from '../../src/link/qr-receiver.js';
import { drawSymbol } from '../../src/link/qr-symbol.js';
import { MjpegSplitter } from '../../transports/qr/mjpeg.js';
import { encodePng } from '../../transports/qr/png.js';
import { checkPngPixels } from '../../transports/qr/png-pixels.js';
import { randomFrom } from '../crash/random.js';
import { runs } from '../support/fuzz.js';
import { randomBytesOf } from '../support/random.js';

/* A run of these tries a hundred inputs that are made from its seed: making them with fast-check would take longer than trying them. */

const INPUTS = 100;
const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });

/** Changes, removes, doubles or cuts off something. */
function mutate(bytes: Uint8Array, random: () => number): Uint8Array {
  const at = Math.floor(random() * bytes.length);
  const copy = bytes.slice();
  const kind = random();
  if (kind < 0.5) copy[at] = Math.floor(random() * 256);
  else if (kind < 0.7) return concatBytes(copy.subarray(0, at), copy.subarray(at + 1 + Math.floor(random() * 4)));
  else if (kind < 0.9) return concatBytes(copy.subarray(0, at), copy.subarray(Math.floor(at / 2)));
  else return copy.subarray(0, at);
  return random() < 0.5 ? copy : mutate(copy, random);
}

describe('Base45', () => {
  it('comes back as it was', () => {
    const check = (bytes: Uint8Array) => {
      expect(decodeBase45(encodeBase45(bytes))).toEqual(bytes);
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 50 }), check), runs(1000));
  });

  it('has one text for each value, and refuses every other', () => {
    const characters = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:', 'a', '_', 'é', '\0'];
    const check = (seed: number) => {
      const random = randomFrom(seed);
      for (let i = 0; i < INPUTS; i++) {
        const text = Array.from({ length: Math.floor(random() * 12) }, () => {
          return characters[Math.floor(random() * (random() < 0.9 ? 45 : characters.length))];
        }).join('');
        const bytes = decodeBase45(text);
        if (bytes !== undefined) expect(encodeBase45(bytes)).toBe(text);
      }
    };
    fc.assert(fc.property(seeds, check), runs(200));
  });
});

describe('the fountain code', () => {
  it('gives the message back from whatever symbols come, and never another one', () => {
    const check = (seed: number, messageBytes: number, symbolBytes: number, loss: number) => {
      const random = randomFrom(seed);
      const message = randomBytesOf(random, messageBytes);
      const salt = randomBytesOf(random, 8);
      const encoder = new FountainEncoder(message, { symbolBytes, salt });
      const decoder = new FountainDecoder({ messageBytes, symbolBytes, salt });
      let received = 0;
      for (let i = 0; decoder.missing > 0; i++) {
        if (random() < loss) continue;
        const index = random() < 0.5 ? i : Math.floor(random() * (MAX_SYMBOL_INDEX + 1));
        const before = decoder.missing;
        expect(decoder.message()).toBeUndefined();
        const verdict = decoder.add(index, encoder.symbol(index));
        expect([verdict, before - decoder.missing]).toEqual(verdict === 'used' ? ['used', 1] : ['redundant', 0]);
        if (++received > 10 * encoder.sourceSymbols + 100) throw new Error('it does not end');
      }
      expect(decoder.message()).toEqual(message);
    };
    const sizes = fc.integer({ min: 1, max: 400 });
    const loss = fc.double({ min: 0, max: 0.9, noNaN: true });
    fc.assert(fc.property(seeds, sizes, fc.integer({ min: 1, max: 40 }), loss, check), runs(200));
  });

  it('takes or refuses any numbers', () => {
    const check = (messageBytes: number, symbolBytes: number, index: number) => {
      try {
        const decoder = new FountainDecoder({ messageBytes, symbolBytes, salt: new Uint8Array(8) });
        if (symbolBytes < 1000) decoder.add(index, new Uint8Array(symbolBytes));
      } catch (error) {
        if (!isWaypostError(error)) throw error;
      }
    };
    const numbers = fc.oneof(fc.integer({ min: -1, max: 3000 }), fc.integer(), fc.double());
    fc.assert(fc.property(numbers, numbers, numbers, check), runs(2000));
  });
});

describe('the receiver of frames', () => {
  it('survives whatever a camera sees, and gives no message that is not what its id says', () => {
    const check = (seed: number) => {
      const random = randomFrom(seed);
      const messages = [randomBytesOf(random, 1 + Math.floor(random() * 300)), randomBytesOf(random, 30)];
      const frames = new QrAnimation(messages, { frameBytes: 30 + Math.floor(random() * 60) }).frames();
      const receiver = new QrReceiver({ maxMessageBytes: 2 ** 20, maxHeldBytes: 100_000, maxRemembered: 10 });
      for (let i = 0; i < INPUTS; i++) {
        const { text } = frames.next().value;
        const bytes = decodeBase45(text) ?? new Uint8Array();
        const seen = random() < 0.3 ? text : encodeBase45(mutate(bytes, random));
        const receipt = receiver.push(seen);
        if (receipt.kind === 'message') {
          const frame = decodeFrame(seen);
          expect(frame?.form === 'compact' || equalBytes(messageIdOf(receipt.message), receipt.id)).toBe(true);
        }
        const expected = receiver.incomplete().reduce((sum, { messageBytes }) => sum + messageBytes, 0);
        expect(expected).toBeLessThanOrEqual(100_000);
      }
    };
    fc.assert(fc.property(seeds, check), runs(800));
  });
});

describe('pictures', () => {
  it('are cut from a stream in the same way, in whatever pieces it comes', () => {
    const picture = [0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xda, 0, 2, 1, 0xff, 0, 2, 0xff, 0xd9];
    const check = (seed: number) => {
      const random = randomFrom(seed);
      for (let i = 0; i < INPUTS / 10; i++) {
        let stream = Uint8Array.from([...picture, ...picture, ...picture]);
        for (let times = random() * 3; times > 0; times--) stream = Uint8Array.from(mutate(stream, random));
        const whole = new MjpegSplitter(1000).push(stream);
        const splitter = new MjpegSplitter(1000);
        const pieces: Uint8Array[] = [];
        for (let at = 0; at < stream.length; ) {
          const end = at + 1 + Math.floor(random() * 6);
          pieces.push(...splitter.push(stream.subarray(at, end)));
          at = end;
        }
        expect(pieces).toEqual(whole);
      }
    };
    fc.assert(fc.property(seeds, check), runs(200));
  });

  it('that are damaged are refused with one of our errors', () => {
    const png = encodePng(drawSymbol('HELLO', 2, 'low'), 1);
    const jpeg = Uint8Array.from([0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc0, 0, 11, 8, 0, 9, 0, 9, 1, 1, 0x11, 0]);
    const check = (seed: number) => {
      const random = randomFrom(seed);
      for (let i = 0; i < INPUTS / 10; i++) {
        const picture = mutate(random() < 0.5 ? Uint8Array.from(png) : jpeg, random);
        try {
          checkPicture(picture, DEFAULT_PICTURE_LIMITS);
          if (picture[0] !== 0xff) checkPngPixels(picture);
        } catch (error) {
          if (!isWaypostError(error)) throw error;
        }
      }
    };
    fc.assert(fc.property(seeds, check), runs(200));
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FountainEncoder, repairCoefficients } from '../../../src/link/fountain.js';
import { FountainDecoder } from '../../../src/link/fountain-decoder.js';
import { QrAnimation } from '../../../src/link/qr-animation.js';
import { decodeFrame } from '../../../src/link/qr-frame.js';
import { QrReceiver } from '../../../src/link/qr-receiver.js';

/* What an implementer in another language tests with: the code is held to the files, not the files to the code. */

interface FountainVectors {
  readonly coefficients: readonly { salt: string; index: number; sourceSymbols: number; coefficients: string }[];
  readonly symbols: {
    readonly message: string;
    readonly symbolBytes: number;
    readonly salt: string;
    readonly symbols: readonly { index: number; symbol: string }[];
  };
}

interface FrameVectors {
  readonly messages: readonly {
    readonly name: string;
    readonly message: string;
    readonly form: string;
    readonly id: string;
    readonly frameBytes: number;
    readonly sourceSymbols: number;
    readonly frames: readonly { index: number; text: string }[];
  }[];
  readonly notFrames: readonly { why: string; text: string }[];
}

const read = (name: string): unknown => JSON.parse(readFileSync(`test/vectors/qr/${name}`, 'utf8'));
const { coefficients, symbols } = read('fountain.json') as FountainVectors;
const { messages, notFrames } = read('frames.json') as FrameVectors;

const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));
const hex = (value: Uint8Array | undefined) => Buffer.from(value ?? []).toString('hex');

describe('the vectors of the fountain code', () => {
  it.each(coefficients)('coefficients of symbol $index of $sourceSymbols', (vector) => {
    expect(hex(repairCoefficients(vector.index, vector.sourceSymbols, bytes(vector.salt)))).toBe(vector.coefficients);
  });

  it('symbols, and the message from them', () => {
    const shape = { symbolBytes: symbols.symbolBytes, salt: bytes(symbols.salt) };
    const message = bytes(symbols.message);
    const encoder = new FountainEncoder(message, shape);
    const decoder = new FountainDecoder({ ...shape, messageBytes: message.length });
    for (const { index, symbol } of symbols.symbols) {
      expect(hex(encoder.symbol(index))).toBe(symbol);
      decoder.add(index, bytes(symbol));
    }
    expect(decoder.message()).toEqual(message);
  });
});

describe('the vectors of the frames', () => {
  it.each(messages)('$name', ({ message, form, id, frameBytes, sourceSymbols, frames }) => {
    const wanted = new Map(frames.map(({ index, text }) => [index, text]));
    const animation = new QrAnimation([bytes(message)], { frameBytes });
    expect(animation.framesPerRound).toBe(sourceSymbols);
    for (const { index, text } of animation.frames()) {
      const expected = wanted.get(index);
      if (expected !== undefined) expect(text).toBe(expected);
      wanted.delete(index);
      if (wanted.size === 0) break;
    }
    const receiver = new QrReceiver({ maxMessageBytes: 10_000, maxHeldBytes: 100_000, maxRemembered: 1 });
    const last = frames.slice(-sourceSymbols);
    for (const { text } of last.slice(0, -1)) expect(receiver.push(text)).toMatchObject({ kind: 'progress' });
    expect(decodeFrame(last[0]?.text ?? '')).toMatchObject({ form, id: bytes(id) });
    expect(receiver.push(last.at(-1)?.text ?? '')).toMatchObject({ kind: 'message', message: bytes(message) });
  });

  it.each(notFrames)('no frame: $why', ({ text }) => {
    expect(decodeFrame(text)).toBeUndefined();
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes.js';
import { decodeFrame, encodeFrame, haveFrames } from '../../../src/link/session/frame-codec.js';
import { type Frame, MIN_FRAME_BYTES } from '../../../src/link/session/frames.js';

interface FrameVectors {
  readonly frames: readonly { readonly name: string; readonly hex: string; readonly frame: Record<string, unknown> }[];
  readonly notFrames: readonly { readonly name: string; readonly hex: string }[];
}

const vectors = JSON.parse(readFileSync('test/vectors/link/frames.json', 'utf8')) as FrameVectors;

/** A frame as the vectors write it: bytes as hex. */
function readable(frame: Frame | undefined): unknown {
  return JSON.parse(JSON.stringify(frame, (_, value) => (value instanceof Uint8Array ? toHex(value) : value)));
}

const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));

describe('the vectors of frames', () => {
  it.each(vectors.frames)('$name', ({ hex, frame }) => {
    const decoded = decodeFrame(bytesOf(hex));
    expect(readable(decoded)).toEqual(frame);
    if (decoded !== undefined) expect(toHex(encodeFrame(decoded))).toBe(hex);
  });

  it.each(vectors.notFrames)('is no frame: $name', ({ hex }) => {
    expect(decodeFrame(bytesOf(hex))).toBeUndefined();
  });

  it('are of every kind', () => {
    expect(new Set(vectors.frames.map(({ frame }) => frame.kind)).size).toBe(10);
    expect(readdirSync('test/vectors/link').sort()).toEqual(['frames.json', 'sessions.json']);
  });
});

describe('what is held of a message', () => {
  it.each([MIN_FRAME_BYTES, 200, 65_535])('is told in frames of at most %i bytes, which cover all of it', (limit) => {
    const lengthBytes = 1024 * 1024;
    const held = Array.from({ length: 300 }, (_, i) => ({ start: 3000 * i + 7, end: 3000 * i + 2000 + i }));
    const frames = haveFrames({ session: 0xffff_ffff, transfer: 1e9, round: 3 }, lengthBytes, held, limit);
    const decoded = frames.map((frame) => decodeFrame(encodeFrame(frame)));
    expect(decoded).toEqual(frames);
    for (const frame of frames) expect(encodeFrame(frame).length).toBeLessThanOrEqual(limit);
    expect(frames.flatMap((frame) => frame.held)).toEqual(held);
    expect(frames.map(({ from, to }, i) => [from, frames[i + 1]?.from ?? to])).toEqual(frames.map(({ from, to }) => [from, to])); // biome-ignore format: one line
    expect([frames[0]?.from, frames.at(-1)?.to]).toEqual([0, lengthBytes]);
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeFrame } from '../../../src/link/session/frame-codec.js';
import { recordSession, type SaidFrame } from '../../support/link-recording.js';

interface SessionVectors {
  readonly sessions: readonly {
    readonly name: string;
    readonly messages: readonly string[];
    readonly lines: readonly SaidFrame[];
  }[];
}

const vectors = JSON.parse(readFileSync('test/vectors/link/sessions.json', 'utf8')) as SessionVectors;
const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));

describe('the vectors of sessions', () => {
  it.each(vectors.sessions)('$name: both sides say exactly this', ({ messages, lines }) => {
    const lost = lines.flatMap((line, i) => (line.lost === true ? [i] : []));
    expect(recordSession(messages.map(bytesOf), lost)).toEqual(lines);
  });

  it.each(vectors.sessions)('$name: what was said carries the messages', ({ messages, lines }) => {
    const arrived = lines.filter(({ lost }) => lost !== true).map(({ hex }) => decodeFrame(bytesOf(hex)));
    const offers = arrived.filter((frame) => frame?.kind === 'offer');
    const numbers = new Map(offers.map(({ transfer, lengthBytes }) => [transfer, Buffer.alloc(lengthBytes)]));
    for (const frame of arrived) if (frame?.kind === 'data') numbers.get(frame.slot)?.set(frame.bytes, frame.offset);
    expect([...numbers.values()].map((bytes) => bytes.toString('hex')).sort()).toEqual([...messages].sort());
    expect(arrived.filter((frame) => frame?.kind === 'verdict' && frame.result === 0).length).toBe(messages.length);
    expect(arrived.at(-1)).toMatchObject({ kind: 'goodbye', isAnswer: true });
  });
});

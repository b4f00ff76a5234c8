import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toHex } from '../../src/core/bytes.js';
import { MemoryAssembly } from '../../src/link/session/assembly.js';
import { decodeFrame, encodeFrame } from '../../src/link/session/frame-codec.js';
import { MAX_TRANSFERS } from '../../src/link/session/frames.js';
import { randomFrom } from '../crash/random.js';
import { runs } from '../support/fuzz.js';
import { SimulatedStation, sha256, TEST_LIMITS, Timeline } from '../support/link-simulation.js';

/* Whatever bytes come from a link: no throw, no endless work, no memory beyond the limits, no message with a wrong hash. */

const MUTATIONS = 50;

const { frames } = JSON.parse(readFileSync('test/vectors/link/frames.json', 'utf8')) as { frames: { hex: string }[] };
const seeds = frames.map(({ hex }) => new Uint8Array(Buffer.from(hex, 'hex')));

/** Some bytes changed, some cut off or put in. */
function mutated(bytes: Uint8Array, random: () => number): Uint8Array {
  const copy = [...bytes];
  for (let i = Math.floor(random() * 4); i >= 0; i--) {
    const at = Math.floor(random() * (copy.length + 1));
    const fate = random();
    if (fate < 0.6) copy[Math.min(at, Math.max(0, copy.length - 1))] = Math.floor(random() * 256);
    else if (fate < 0.8) copy.splice(at, 1 + Math.floor(random() * 3));
    else copy.splice(at, 0, ...Array.from({ length: Math.floor(random() * 8) }, () => Math.floor(random() * 256)));
  }
  return Uint8Array.from(copy);
}

test('bytes are a frame in one spelling, or none', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(), (bytes, seed) => {
      const random = randomFrom(seed);
      const inputs = [
        bytes,
        ...Array.from({ length: MUTATIONS }, (_, i) => mutated(seeds[i % seeds.length] ?? bytes, random)),
      ];
      for (const input of inputs) {
        const frame = decodeFrame(input);
        // Behind a hello there may be fields of a later version, which do not come back.
        if (frame === undefined) continue;
        const again = toHex(encodeFrame(frame));
        expect(frame.kind === 'hello' ? toHex(input).startsWith(again) : again === toHex(input)).toBe(true);
      }
    }),
    runs(2000),
  );
});

test('a session lives through any frames, within its limits', () => {
  const limits = { ...TEST_LIMITS, maxMessageBytes: 20_000, creditBytes: 50_000 };
  fc.assert(
    fc.property(fc.nat(), fc.boolean(), (seed, isActive) => {
      const random = randomFrom(seed);
      const timeline = new Timeline();
      const underWay = new Map<object, number>();
      const heard: Uint8Array[] = [];
      const medium = { mtuBytes: 128, frameOverheadBytes: 6, bytesPerSecond: undefined, latencyMs: undefined };
      const carrier = (frame: Uint8Array, nowMs: number) => {
        heard.push(frame);
        return nowMs + 1;
      };
      const station = new SimulatedStation({
        timeline,
        carrier,
        medium,
        nonce: 0x1234_5678,
        isActive,
        limits,
        handler: {
          onMessage: (offer, bytes) => {
            expect(toHex(sha256(bytes))).toBe(toHex(offer.hash));
            station.session.settle(offer.transfer, { result: 0, retryAfterSeconds: 0 }, timeline.nowMs);
          },
          onOffer: (offer) => {
            underWay.set(offer, offer.lengthBytes);
            expect([...underWay.values()].reduce((sum, length) => sum + length, 0)).toBeLessThanOrEqual(
              limits.creditBytes,
            );
            expect(underWay.size).toBeLessThanOrEqual(MAX_TRANSFERS);
            station.session.admit(offer.transfer, new MemoryAssembly(offer.lengthBytes), timeline.nowMs);
          },
          onOver: (offer) => {
            underWay.delete(offer);
          },
        },
      });
      station.send(1, new Uint8Array(3000).fill(1));
      station.send(2, new Uint8Array(15_000).fill(2));
      const peerNonce = 0x0bad_cafe;
      const session = (0x1234_5678 ^ peerNonce) >>> 0;
      for (let i = 0; i < 200; i++) {
        const kind = random();
        const said = heard[Math.floor(random() * heard.length)] ?? seeds[0] ?? new Uint8Array();
        const frame =
          kind < 0.3
            ? plausible(random, peerNonce, session)
            : mutated(kind < 0.6 ? said : (seeds[i % seeds.length] ?? said), random);
        station.hear(frame);
        timeline.runUntil(() => false, timeline.nowMs + 50 * random());
      }
      expect(heard.length).toBeLessThan(20_000);
    }),
    runs(60),
  );
});

/** What a peer might say that knows the session. */
function plausible(random: () => number, nonce: number, session: number): Uint8Array {
  const pick = (limit: number) => Math.floor(random() * limit);
  const transfer = random() < 0.9 ? pick(70) : pick(2 ** 40);
  const number = random() < 0.8 ? pick(30_000) : pick(2 ** 49);
  const frames = [
    () => encodeFrame({ kind: 'hello', version: 1, wantsAnswer: random() < 0.5, nonce: random() < 0.9 ? nonce : 1 + pick(2 ** 32 - 1), echo: random() < 0.8 ? 0x1234_5678 : 0, limits: { frameBytes: 64 + pick(65_000), maxMessageBytes: number, creditBytes: number }, features: pick(256), stationId: new Uint8Array(16) }), // biome-ignore format: one line a kind
    () => encodeFrame({ kind: 'data', slot: pick(64), packet: { low: pick(256), bytes: 1 }, offset: number, bytes: new Uint8Array(1 + pick(60)) }), // biome-ignore format: one line a kind
    () => encodeFrame({ kind: 'ack', largest: pick(100), bitmap: Uint8Array.from({ length: pick(10) }, () => pick(256)) }), // biome-ignore format: one line a kind
    () => encodeFrame({ kind: 'offer', session, transfer, round: pick(3), form: pick(3), lengthBytes: number, crc: 0, hash: new Uint8Array(32) }), // biome-ignore format: one line a kind
    () => encodeFrame({ kind: 'have', session, transfer: pick(3), round: pick(3), from: 0, to: number, held: [] }),
    () => encodeFrame({ kind: 'verdict', session, transfer: pick(3), result: pick(9), retryAfterSeconds: number, creditBytes: number }), // biome-ignore format: one line a kind
    () => encodeFrame({ kind: 'done', session, transfer }),
    () => encodeFrame({ kind: 'ping', session }),
  ];
  return (frames[pick(frames.length)] ?? (() => new Uint8Array()))();
}

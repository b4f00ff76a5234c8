import fc from 'fast-check';
import { expect, test } from 'vitest';
import { randomFrom } from '../crash/random.js';
import { runs } from '../support/fuzz.js';
import { LinkHost, randomMessage } from '../support/link-host.js';
import { type Carrier, TEST_LIMITS, Timeline } from '../support/link-simulation.js';

/* Sessions on the worst of links, on a clock that jumps: whatever happens, every message arrives whole and once. */

const LIMITS = { ...TEST_LIMITS, maxMessageBytes: 70_000, creditBytes: 100_000 };
const LIMIT_MS = 24 * 60 * 60_000;

interface Weather {
  readonly loss: number;
  readonly duplication: number;
  readonly reordering: number;
}

function carrierOf({ loss, duplication, reordering }: Weather, bytesPerMs: number, random: () => number): Carrier {
  return (frame, nowMs, deliver) => {
    const freeAtMs = nowMs + frame.length / bytesPerMs;
    const arrivesAtMs = freeAtMs + 10;
    if (random() >= loss) deliver(frame, arrivesAtMs + (random() < reordering ? 300 * random() : 0));
    if (random() < duplication) deliver(frame, arrivesAtMs + 1000 * random() ** 3);
    return freeAtMs;
  };
}

const weather = fc.record({
  loss: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 0.5, noNaN: true })),
  duplication: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 0.4, noNaN: true })),
  reordering: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 0.4, noNaN: true })),
});

const trouble = fc.record({
  atMs: fc.integer({ min: 0, max: 20_000 }),
  kind: fc.constantFrom('disconnect', 'kill-a', 'kill-b', 'kill-b-and-forget'),
});

const scenario = fc.record({
  seed: fc.nat(),
  weather,
  mtuBytes: fc.integer({ min: 64, max: 2000 }),
  bytesPerMs: fc.constantFrom(1, 10, 100),
  isPaceKnown: fc.boolean(),
  bothDial: fc.boolean(),
  sizes: fc.array(
    fc.oneof(
      fc.integer({ min: 0, max: 300 }),
      fc.integer({ min: 1000, max: 9000 }),
      fc.integer({ min: 30_000, max: 70_000 }),
    ),
    { minLength: 1, maxLength: 8 },
  ),
  troubles: fc.array(trouble, { maxLength: 6 }),
});

test('every message arrives whole and once, whatever the link loses, doubles, reorders and breaks', () => {
  fc.assert(
    fc.property(scenario, (world) => {
      const random = randomFrom(world.seed);
      const timeline = new Timeline();
      const medium = {
        mtuBytes: world.mtuBytes,
        frameOverheadBytes: 6,
        bytesPerSecond: world.isPaceKnown ? world.bytesPerMs * 1000 : undefined,
        latencyMs: world.isPaceKnown ? 10 : undefined,
      };
      const hostOf = (isActive: boolean) =>
        new LinkHost({
          timeline,
          carrier: carrierOf(world.weather, world.bytesPerMs, random),
          medium,
          limits: LIMITS,
          isActive,
          random,
        });
      const [a, b] = [hostOf(true), hostOf(world.bothDial)];
      [a.peer, b.peer] = [b, a];
      a.start();
      b.start();
      const expected = { a: new Set<string>(), b: new Set<string>() };
      for (const [id, size] of world.sizes.entries()) {
        const { bytes, hash } = randomMessage(size, id + 1);
        (id % 3 === 2 ? b : a).post(id, bytes);
        expected[id % 3 === 2 ? 'a' : 'b'].add(hash);
      }
      for (const { atMs, kind } of world.troubles) {
        timeline.at(atMs, () => {
          if (kind === 'disconnect') for (const host of [a, b]) host.disconnect();
          else if (kind === 'kill-a') a.crash(false);
          else b.crash(kind === 'kill-b-and-forget');
          timeline.at(timeline.nowMs + 100, () => {
            for (const host of [a, b]) if (host.session === undefined) host.start();
          });
        });
      }

      const isDone = timeline.runUntil(() => a.pending + b.pending === 0, LIMIT_MS);
      expect({ isDone, pending: [a.pending, b.pending] }).toEqual({ isDone: true, pending: [0, 0] });
      for (const [host, hashes] of [
        [a, expected.a],
        [b, expected.b],
      ] as const) {
        // biome-ignore format: one line
        expect(new Set(host.deliveries.keys())).toEqual(hashes);
        for (const [hash, count] of host.deliveries) if (!host.forgotten.has(hash)) expect(count).toBe(1);
        expect(host.mostReservedBytes).toBeLessThanOrEqual(LIMITS.creditBytes);
      }
    }),
    runs(60),
  );
});

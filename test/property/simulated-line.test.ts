import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chain, inserting } from '../../firmware-sim/faults.js';
import { Direction } from '../../firmware-sim/line/direction.js';
import { LineModel } from '../../firmware-sim/line-model.js';
import { LINK_PROFILES, type LinkProfile } from '../../firmware-sim/profiles.js';
import { seededRandom } from '../../firmware-sim/random.js';
import { plainFraming } from '../../src/link/framing.js';
import { createTimers } from '../../src/transport/timers.js';
import { runs } from '../support/fuzz.js';
import { ManualClock } from '../support/manual-clock.js';
import { ManualScheduler } from '../support/manual-scheduler.js';

/** What comes out of a line after `ms`, and when the last of `bytes` was on the wire. */
async function carry(profile: LinkProfile, bytes: Uint8Array, ms: number, seed = 1) {
  const clock = new ManualClock();
  const scheduler = new ManualScheduler(clock);
  const timers = createTimers(scheduler, () => clock.monotonicMs());
  const out: number[] = [];
  const arrivedAtMs: number[] = [];
  using direction = new Direction({
    profile,
    random: seededRandom(seed),
    timers,
    scheduler,
    deliver(chunk) {
      out.push(...chunk);
      arrivedAtMs.push(clock.monotonicMs());
    },
  });
  const startMs = clock.monotonicMs();
  let wroteAfterMs = Number.NaN;
  void direction.write(bytes).then(() => {
    wroteAfterMs = clock.monotonicMs() - startMs;
  });
  await scheduler.advance(ms);
  return { out: Uint8Array.from(out), wroteAfterMs, lastAfterMs: (arrivedAtMs.at(-1) ?? startMs) - startMs };
}

const clean: LinkProfile = { ...LINK_PROFILES.clean, baudRate: 9600, latencyMs: 50 };

describe('a simulated line', () => {
  test('carries bytes unchanged, at its rate and with its latency', async () => {
    const bytes = Uint8Array.from({ length: 960 }, (_, i) => i);
    const { out, wroteAfterMs, lastAfterMs } = await carry(clean, bytes, 2000);
    expect(out).toEqual(bytes);
    expect(wroteAfterMs).toBeCloseTo(1000, -1);
    expect(lastAfterMs).toBeCloseTo(1050, -1);
  });

  test('is the same for the same seed, and another for another', async () => {
    const bytes = new Uint8Array(5000);
    const noisy = { ...LINK_PROFILES.slipping, baudRate: 1_000_000 };
    const [first, again, other] = await Promise.all([1, 1, 2].map((seed) => carry(noisy, bytes, 2000, seed)));
    expect(first?.out).toEqual(again?.out);
    expect(first?.out).not.toEqual(other?.out);
  });

  test('flips, drops and inserts as often as its profile says', async () => {
    const bytes = new Uint8Array(200_000);
    const fast = { ...clean, baudRate: 4_000_000 };
    const passed = async (faults: Partial<LinkProfile>) => (await carry({ ...fast, ...faults }, bytes, 1000, 7)).out;
    const part = (count: number) => count / bytes.length;
    expect(part((await passed({ flipped: 0.01 })).filter((byte) => byte !== 0).length)).toBeCloseTo(0.01, 2);
    expect(1 - part((await passed({ dropped: 0.01 })).length)).toBeCloseTo(0.01, 2);
    expect(part((await passed({ inserted: 0.01 })).length) - 1).toBeCloseTo(0.01, 2);
  });

  test('interceptors drop, double and hand on in their order', () => {
    const out: string[] = [];
    const intercept = chain(
      (bytes, next) => bytes.length > 1 && next(bytes),
      (bytes, next) => [next(bytes), next(bytes.slice(1))],
    );
    for (const text of ['a', 'bc']) intercept(Buffer.from(text), (bytes) => out.push(Buffer.from(bytes).toString()));
    expect(out).toEqual(['bc', 'c']);
  });

  test('frames come out whole or not at all, whatever it does to them', async () => {
    const framing = plainFraming({ maxFrameBytes: 300 });
    const frames = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 8 });
    const rate = fc.double({ min: 0, max: 0.05, noNaN: true });
    const faults = fc.record({ flipped: rate, dropped: rate, inserted: rate });
    await fc.assert(
      fc.property(frames, faults, fc.nat(), fc.integer({ min: 1, max: 64 }), (sent, profile, seed, chunkBytes) => {
        const decoder = framing.decoder();
        const got: Uint8Array[] = [];
        const random = seededRandom(seed);
        const { flipped: byteErrorRate, dropped: byteDropRate, inserted } = profile;
        const line = new LineModel({ bytesPerSecond: 1000, latencyMs: 0, byteErrorRate, byteDropRate, random });
        const insert = inserting(inserted, random);
        const wire = Buffer.concat(sent.map((frame) => framing.encode(frame)));
        for (let from = 0; from < wire.length; from += chunkBytes) {
          const { bytes } = line.transmit(wire.subarray(from, from + chunkBytes), 0);
          insert(bytes, (passed) => got.push(...decoder.push(passed)));
        }
        const texts = sent.map(String);
        let at = 0;
        for (const frame of got) {
          at = texts.indexOf(String(frame), at) + 1;
          expect(at).toBeGreaterThan(0);
        }
      }),
      runs(100),
    );
  });
});

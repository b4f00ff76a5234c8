import { expect, test } from 'vitest';
import { WaypostError } from '../../../src/core/errors.js';
import { Backoff, type ReconnectOptions, reconnect } from '../../../src/transport/reconnect.js';
import type { Channel } from '../../../src/transport/transport.js';

const away = (retryAfterMs?: number) => new WaypostError('ERR_NETWORK', 'away', { retryable: true, retryAfterMs });
const channel = {} as Channel;

/** A dialler that does what `script` says, on a clock that only waiting moves. */
function station(script: (Channel | Error)[], options: Partial<ReconnectOptions> = {}) {
  const abort = new AbortController();
  const waits: number[] = [];
  const clock = { nowMs: 0 };
  const channels = reconnect({
    dial: async () => {
      const next = script.shift();
      if (next === undefined) abort.abort();
      if (next === undefined || next instanceof Error) throw next ?? away();
      return next;
    },
    backoff: { initialMs: 1000, maxMs: 8000, random: () => 0.5 },
    timers: {
      now: () => clock.nowMs,
      sleep: async (ms, signal) => {
        signal.throwIfAborted();
        waits.push(ms);
        clock.nowMs += ms;
      },
    },
    stableAfterMs: 5000,
    signal: abort.signal,
    ...options,
  });
  return { abort, waits, clock, channels };
}

test('waits grow to their limit, and lie in the upper half of it', () => {
  const backoff = (random: number) => new Backoff({ initialMs: 1000, maxMs: 8000, random: () => random });
  const [low, high] = [backoff(0), backoff(0.999)];
  const waits = [1, 2, 3, 4, 5].map(() => [low.nextMs(), Math.round(high.nextMs())]);
  expect(waits).toEqual([
    [500, 1000],
    [1000, 1999],
    [2000, 3998],
    [4000, 7996],
    [4000, 7996],
  ]);
  low.reset();
  expect(low.nextMs()).toBe(500);
});

test('a station that has been away for years still waits no longer than the limit', () => {
  const backoff = new Backoff({ initialMs: 1000, maxMs: 8000, random: () => 0 });
  for (let i = 0; i < 2000; i++) backoff.nextMs();
  expect(backoff.nextMs()).toBe(4000);
});

test('dials until there is a channel, with growing waits', async () => {
  const failures: number[] = [];
  const { channels, waits } = station([away(), away(), channel], {
    onFailure: (_error, waitMs) => failures.push(waitMs),
  });
  expect((await channels.next()).value).toBe(channel);
  expect(waits).toEqual([750, 1500]);
  expect(failures).toEqual(waits);
});

test('a channel that ends at once does not make the waits short again', async () => {
  const { channels, waits } = station([channel, channel, channel]);
  for (let i = 0; i < 3; i++) await channels.next();
  expect(waits).toEqual([750, 1500]);
});

test('a channel that lasted does', async () => {
  const { channels, clock, waits } = station([away(), away(), channel, channel]);
  await channels.next();
  clock.nowMs += 5000;
  await channels.next();
  expect(waits).toEqual([750, 1500, 750]);
});

test('a peer that says when to come back is not asked sooner', async () => {
  const { channels, waits } = station([away(60_000), channel]);
  await channels.next();
  expect(waits).toEqual([60_000]);
});

test('ends when it is told to, also while it waits', async () => {
  const { channels } = station([away()]);
  expect(await channels.next()).toEqual({ done: true, value: undefined });
  const abort = new AbortController();
  const waiting = station([away()], {
    signal: abort.signal,
    timers: {
      now: () => 0,
      sleep: async (_ms, signal) => {
        abort.abort();
        signal.throwIfAborted();
      },
    },
  });
  expect((await waiting.channels.next()).done).toBe(true);
});

test('gives up when trying again cannot help', async () => {
  const { channels } = station([new WaypostError('ERR_ADDRESS_REFUSED', 'no')]);
  await expect(channels.next()).rejects.toMatchObject({ code: 'ERR_ADDRESS_REFUSED' });
});

import { expect, test } from 'vitest';
import type { Sighting } from '../../../../transports/ble/ports.js';
import { NATIVE } from '../../../../transports/ble/profiles.js';
import { SeekBook } from '../../../../transports/ble/seek-book.js';
import { ManualClock } from '../../../support/manual-clock.js';

const seen = (...addresses: string[]): Sighting[] => addresses.map((address) => ({ address, profiles: [NATIVE] }));

function setUp() {
  const clock = new ManualClock();
  const book = new SeekBook({
    backoff: { initialMs: 1000, maxMs: 8000, random: () => 0 }, // waits of 500, 1000, 2000, 4000, 4000...
    stableAfterMs: 60_000,
    limitEntries: 100,
    now: () => clock.monotonicMs(),
  });
  const due = (...addresses: string[]) => book.due(seen(...addresses)).map(({ address }) => address);
  return { clock, book, due };
}

test('what fails is tried again later and later', () => {
  const { clock, book, due } = setUp();
  for (const waitMs of [500, 1000, 2000, 4000, 4000]) {
    expect(due('a')).toEqual(['a']);
    book.failed('a', 0);
    clock.advance(waitMs - 1);
    expect(due('a')).toEqual([]);
    clock.advance(1);
  }
});

test('whoever asks for more time gets it', () => {
  const { clock, book, due } = setUp();
  book.failed('a', 600_000);
  clock.advance(599_999);
  expect(due('a')).toEqual([]);
  clock.advance(1);
  expect(due('a')).toEqual(['a']);
});

test('only a connection that lasted makes the next wait a short one', () => {
  const { clock, book, due } = setUp();
  for (const [heldMs, waitMs] of [
    [59_999, 500],
    [59_999, 1000],
    [60_000, 500],
  ] as const) {
    book.connected('a');
    clock.advance(heldMs);
    expect(due('a')).toEqual([]);
    book.ended('a');
    clock.advance(waitMs - 1);
    expect(due('a')).toEqual([]);
    clock.advance(1);
    expect(due('a')).toEqual(['a']);
  }
});

test('strangers come first, then those who have waited for longest', () => {
  const { clock, book, due } = setUp();
  book.failed('late', 2000);
  book.failed('early', 1000);
  clock.advance(5000);
  expect(due('late', 'early', 'new')).toEqual(['new', 'early', 'late']);
});

test('a crowd of changing addresses is forgotten', () => {
  const { book } = setUp();
  for (let i = 0; i < 10_000; i++) book.failed(`address ${i}`, 0);
  expect(book.size).toBeLessThanOrEqual(100);
});

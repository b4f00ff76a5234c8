import { expect, test } from 'vitest';
import { CreditWatch } from '../../../../transports/ble/credit-watch.js';

/** Number Of Completed Packets: two handles, one packet each. */
const completed = (...handles: number[]) =>
  Uint8Array.of(4, 0x13, 1 + 4 * handles.length, handles.length, ...handles.flatMap((handle) => [handle, 0, 1, 0]));

test('a connection with a packet in the controller and no event for so long stands still, and is said once', () => {
  const watch = new CreditWatch(1000);
  const one = new Map([[0x40, 1]]);
  expect(watch.stalled(one, 0)).toEqual([]);
  expect(watch.stalled(one, 999)).toEqual([]);
  expect(watch.stalled(one, 1000)).toEqual([0x40]);
  expect(watch.stalled(one, 1001)).toEqual([]);
});

test('one that gets on does not, however full it is, and neither does one that has nothing to send', () => {
  const watch = new CreditWatch(1000);
  const full = new Map([
    [0x40, 8],
    [0x41, 0],
  ]);
  for (let nowMs = 0; nowMs < 10_000; nowMs += 900) {
    watch.receive(completed(0x40), nowMs);
    expect(watch.stalled(full, nowMs)).toEqual([]);
  }
});

test('a handle is a new connection after it was gone', () => {
  const watch = new CreditWatch(1000);
  watch.stalled(new Map([[0x40, 1]]), 0);
  watch.stalled(new Map(), 500);
  expect(watch.stalled(new Map([[0x40, 1]]), 1200)).toEqual([]);
});

test('events that are cut short, and other packets, are nothing', () => {
  const watch = new CreditWatch(1000);
  const one = new Map([[0x40, 1]]);
  watch.stalled(one, 0);
  for (const packet of [[], [4], [4, 0x13], [4, 0x13, 5, 9, 0x40], [2, 0x13, 5, 1, 0x40, 0, 1, 0]]) {
    watch.receive(Uint8Array.from(packet), 900);
  }
  expect(watch.stalled(one, 1000)).toEqual([0x40]);
});

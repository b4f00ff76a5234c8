import { expect, test } from 'vitest';
import type { AckFrame } from '../../../src/link/session/frames.js';
import { ReceivedPackets } from '../../../src/link/session/received-packets.js';

/** The packets that an acknowledgement names, the newest first. */
function named({ largest, bitmap }: AckFrame): number[] {
  const behind = Array.from({ length: 8 * bitmap.length }, (_, i) => i).filter(
    (i) => (bitmap[i >> 3] ?? 0) & (1 << (i & 7)),
  );
  return [largest, ...behind.map((i) => largest - 1 - i)];
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

function receive(packets: ReceivedPackets, numbers: readonly number[]): number[] {
  for (const number of numbers) packets.add(number, 0);
  return named(packets.takeAck());
}

test('an acknowledgement repeats the three before it, and no more', () => {
  const packets = new ReceivedPackets();
  for (const first of [0, 8, 16, 24, 32]) receive(packets, range(first, first + 8));
  expect(receive(packets, range(40, 48)).reverse()).toEqual(range(16, 48));
});

test('what came late is named, however far behind it is', () => {
  const packets = new ReceivedPackets();
  const early = range(0, 200).filter((number) => number !== 5);
  receive(packets, early);
  for (const number of [200, 201, 202]) receive(packets, [number]);
  expect(receive(packets, [203])).not.toContain(4);
  expect(receive(packets, [5])).toContain(5);
});

import { expect, test } from 'vitest';
import { ReceiveBuffer } from '../../../firmware-sim/bluetooth/receive-buffer.js';
import { SocketFilter } from '../../../firmware-sim/bluetooth/socket-filter.js';
import { Timeline } from '../../../firmware-sim/bluetooth/timeline.js';

function bufferOf(limitBytes: number) {
  const timeline = new Timeline();
  const delivered: { atUs: number; packet: number | undefined }[] = [];
  const buffer = new ReceiveBuffer({ timeline, limitBytes, packetUs: 100 }, (packet) => {
    delivered.push({ atUs: timeline.nowUs, packet: packet[0] });
  });
  return { timeline, buffer, delivered };
}

test('one packet after the other, each in its time', () => {
  const { timeline, buffer, delivered } = bufferOf(10_000);
  for (const packet of [1, 2, 3]) buffer.push(Uint8Array.of(packet));
  timeline.advance(1);
  expect(delivered).toEqual([
    { atUs: 100, packet: 1 },
    { atUs: 200, packet: 2 },
    { atUs: 300, packet: 3 },
  ]);
});

test('a program that pauses loses what does not fit, and reads the rest later', () => {
  const { timeline, buffer, delivered } = bufferOf(2000);
  buffer.pause(5);
  for (const packet of [1, 2, 3, 4, 5]) buffer.push(Uint8Array.of(packet));
  expect(buffer.dropped).toBe(2);
  timeline.advance(4);
  expect(delivered).toEqual([]);
  buffer.pause(2); // until 6 ms
  timeline.advance(6);
  expect(delivered.map(({ packet }) => packet)).toEqual([1, 2, 3]);
  expect(delivered[0]?.atUs).toBeGreaterThanOrEqual(6000);
  buffer.push(Uint8Array.of(6));
  timeline.advance(1);
  expect(delivered.at(-1)?.packet).toBe(6);
});

test('a filter lets through what it names: types, events, and the answers to one command', () => {
  const filter = new SocketFilter();
  const event = Uint8Array.of(4, 0x0e, 4, 1, 0x03, 0x0c, 0);
  const leEvent = Uint8Array.of(4, 0x3e, 1, 2);
  const data = Uint8Array.of(2, 0x40, 0, 0, 0);
  const let3 = () => [event, leEvent, data].map((packet) => filter.lets(packet));
  expect(let3()).toEqual([false, false, false]);
  filter.set(Uint8Array.of(0x10, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0x40, 0, 0));
  expect(let3()).toEqual([true, true, false]);
  filter.set(Uint8Array.of(0x14, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0x03, 0x0c));
  expect(let3()).toEqual([true, false, true]);
  filter.set(Uint8Array.of(0x10, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0x01, 0x10));
  expect(let3()).toEqual([false, false, false]);
});

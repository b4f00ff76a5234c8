import { describe, expect, test } from 'vitest';
import { FrameSplitter } from '../../../src/link/frame-splitter.js';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe('the frame splitter', () => {
  test('cuts at zeros and leaves out what is empty', () => {
    const splitter = new FrameSplitter(10);
    expect(splitter.push(bytes(0, 0, 1, 2, 0, 3, 0, 0, 4))).toEqual([bytes(1, 2), bytes(3)]);
    expect(splitter.push(bytes(0))).toEqual([bytes(4)]);
  });

  test('puts together what came in pieces', () => {
    const splitter = new FrameSplitter(10);
    expect(splitter.push(bytes(1))).toEqual([]);
    expect(splitter.push(bytes())).toEqual([]);
    expect(splitter.push(bytes(2, 3))).toEqual([]);
    expect(splitter.push(bytes(0, 4))).toEqual([bytes(1, 2, 3)]);
  });

  test('gives copies', () => {
    const splitter = new FrameSplitter(200);
    for (const length of [3, 100]) {
      const chunk = new Uint8Array(length + 1).fill(7, 0, length);
      const [run] = splitter.push(chunk);
      chunk.fill(8);
      expect(run).toEqual(new Uint8Array(length).fill(7));
    }
  });

  test('drops a run that is longer than its limit, and goes on behind it', () => {
    const splitter = new FrameSplitter(4);
    expect(splitter.push(bytes(1, 2, 3, 4, 0))).toEqual([bytes(1, 2, 3, 4)]);
    expect(splitter.push(bytes(1, 2, 3))).toEqual([]);
    expect(splitter.push(bytes(4, 5))).toEqual([]);
    expect(splitter.push(bytes(6))).toEqual([]); // would fit, but is the rest of what was dropped
    expect(splitter.push(bytes(0, 7, 0))).toEqual([bytes(7)]);
    expect(splitter.droppedBytes).toBe(6);
    expect(splitter.push(bytes(1, 2, 3, 4, 5, 0, 8, 0))).toEqual([bytes(8)]);
    expect(splitter.droppedBytes).toBe(11);
  });
});

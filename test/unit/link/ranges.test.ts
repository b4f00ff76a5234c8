import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RangeSet } from '../../../src/link/ranges.js';

const LENGTH = 40;
const operation = fc.record({
  isAdding: fc.boolean(),
  start: fc.nat(LENGTH),
  end: fc.nat(LENGTH),
});

it('is what a set of single bytes would be, whatever is added and removed', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 30 }), fc.nat(LENGTH), fc.nat(LENGTH), (operations, from, to) => {
      const ranges = new RangeSet();
      const bytes = new Set<number>();
      for (const { isAdding, start, end } of operations) {
        if (isAdding) ranges.add(start, end);
        else ranges.remove(start, end);
        for (let i = start; i < end; i++) isAdding ? bytes.add(i) : bytes.delete(i);
      }
      const inRanges = [...ranges].flatMap(({ start, end }) =>
        Array.from({ length: end - start }, (_, i) => start + i),
      );
      expect(inRanges).toEqual([...bytes].sort((a, b) => a - b));
      expect(ranges.sizeBytes).toBe(bytes.size);
      expect([...ranges].every(({ start, end }, i, all) => start < end && (all[i + 1]?.start ?? end + 1) > end)).toBe(
        true,
      );

      const asked = Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
      expect(ranges.covers(from, to)).toBe(asked.every((byte) => bytes.has(byte)));
      const inGaps = ranges
        .gaps(from, to)
        .flatMap(({ start, end }) => asked.filter((byte) => byte >= start && byte < end));
      expect(inGaps).toEqual(asked.filter((byte) => !bytes.has(byte)));
    }),
  );
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatMessageId, PRIORITIES, parseMessageId } from '../../src/store/message-id.js';

it('reads every id that it writes, and nothing else', () => {
  const keys = fc.record({
    priority: fc.constantFrom(...PRIORITIES),
    sequence: fc.integer({ min: 1, max: 36 ** 10 - 1 }),
    shortHash: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
  });
  fc.assert(
    fc.property(keys, (key) => {
      const id = formatMessageId(key);
      expect(parseMessageId(id)).toEqual(key);
      expect(id.length).toBeLessThanOrEqual(32);
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const key = parseMessageId(text);
      if (key) expect(formatMessageId(key)).toBe(text);
    }),
  );
  for (const id of ['', '11', '101.0803d2667d4f', '31.0803d2667d4f', '11.0803D2667D4F', ' 11.0803d2667d4f']) {
    expect(parseMessageId(id)).toBeUndefined();
  }
});

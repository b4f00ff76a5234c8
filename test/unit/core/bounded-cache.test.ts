import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BoundedCache } from '../../../src/core/bounded-cache.js';

describe('a bounded cache', () => {
  test('never holds more than its limit, and never a wrong value', () => {
    const steps = fc.array(fc.tuple(fc.constantFrom('get', 'set', 'delete'), fc.nat({ max: 12 }), fc.nat()));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), steps, (limit, actions) => {
        const cache = new BoundedCache<number, number>(limit);
        const truth = new Map<number, number>();
        for (const [action, key, value] of actions) {
          if (action === 'set') {
            cache.set(key, value);
            truth.set(key, value);
            expect(cache.get(key)).toBe(value);
          } else if (action === 'delete') {
            cache.delete(key);
            truth.delete(key);
            expect(cache.get(key)).toBeUndefined();
          } else {
            expect([undefined, truth.get(key)]).toContain(cache.get(key));
          }
          expect(cache.size).toBeLessThanOrEqual(limit);
        }
      }),
    );
  });

  test('keeps what is asked for while others come and go', () => {
    const cache = new BoundedCache<string, number>(4);
    cache.set('used', 1);
    for (let i = 0; i < 100; i++) {
      cache.set(`other ${i}`, i);
      expect(cache.get('used')).toBe(1);
    }
    expect(cache.get('other 0')).toBeUndefined();
    expect(cache.get('other 99')).toBe(99);
  });

  test('keeps the last half of its limit whatever happens', () => {
    const cache = new BoundedCache<number, number>(10);
    for (let i = 0; i < 100; i++) cache.set(i, i);
    for (const i of [95, 96, 97, 98, 99]) expect(cache.get(i)).toBe(i);
  });
});

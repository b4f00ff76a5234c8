import { setImmediate as nextTurn } from 'node:timers/promises';
import vm from 'node:vm';
import { describe, expect, it } from 'vitest';
import { collectStartGarbage } from '../../../src/daemon/run/collect-start-garbage.js';

describe('the garbage of the start', () => {
  it('is collected, and what is held stays', async () => {
    const held = { name: 'held' };
    const references = [new WeakRef({ name: 'garbage' }), new WeakRef(held)];
    await nextTurn(); // a reference that was just made holds until the end of its turn
    collectStartGarbage();
    expect(references.map((reference) => reference.deref())).toEqual([undefined, held]);
  });

  it('leaves nothing behind with which others could collect', () => {
    collectStartGarbage();
    expect(vm.runInNewContext('typeof gc')).toBe('undefined');
  });
});

import { describe, expect, test } from 'vitest';
import { createMemoryTransport } from '../../transports/memory/memory.js';
import { brokenTransports } from './broken-transports.js';
import { failuresOf } from './transport.js';

describe('the conformance suite of transports', () => {
  test.each(brokenTransports)('fails one that $fault', async ({ foundBy, open }) => {
    expect(await failuresOf(open)).toContain(foundBy);
  });

  test('passes one that works, so that the failures above are not the suite’s own', async () => {
    const failures = await failuresOf(async () => ({
      transport: createMemoryTransport(),
      listenAddress: 'memory:station',
      deadAddress: 'memory:nobody',
      patienceMs: 100,
      async [Symbol.asyncDispose]() {},
    }));
    expect(failures).toEqual([]);
  });
});

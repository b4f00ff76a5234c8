import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Operation } from '../../../src/store/message-store.js';
import { packBatch, packResult, unpackBatch, unpackResult } from '../../../src/store/sqlite/packed-batch.js';
import type { BatchResult, Transaction } from '../../../src/store/sqlite/writer.js';

const name = fc.string({ minLength: 1, maxLength: 20 });
const bytes = fc.uint8Array({ maxLength: 50 });
const message = fc.record(
  {
    destination: name,
    depositor: name,
    priority: fc.constantFrom('expedited', 'normal', 'bulk'),
    content: bytes,
    contentHash: bytes,
    expiresAtMs: fc.maxSafeInteger(),
    metadata: bytes,
  },
  { requiredKeys: ['destination', 'depositor', 'priority', 'content', 'contentHash'] },
);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ kind: fc.constant('put' as const), message }),
  fc.record({
    kind: fc.constant('acknowledge' as const),
    ids: fc.array(name),
    destinations: fc.oneof(fc.constant('any' as const), fc.array(name)),
  }),
  fc.record({ kind: fc.constant('purge' as const), destination: name }),
  fc.record({ kind: fc.constant('move' as const), from: name, to: name }),
  fc.record({ kind: fc.constant('set' as const), space: name, key: name, value: bytes }),
  fc.record({ kind: fc.constant('delete' as const), space: name, key: name }),
  fc.record({
    kind: fc.constant('require' as const),
    space: name,
    key: name,
    value: fc.option(bytes, { nil: undefined }),
  }),
);
const transaction: fc.Arbitrary<Transaction> = fc.record({
  operations: fc.array(operation, { maxLength: 4 }),
  moment: fc.record({
    mark: fc.record({
      ageMs: fc.maxSafeNat(),
      bootId: name,
      monotonicMs: fc.maxSafeNat(),
      anchor: fc.option(fc.record({ ageMs: fc.maxSafeNat(), wallMs: fc.maxSafeNat() }), { nil: undefined }),
    }),
    trustedNowMs: fc.option(fc.maxSafeNat(), { nil: undefined }),
  }),
});

describe('a batch between the threads', () => {
  it('arrives as it was sent, of all kinds and in its order', () => {
    fc.assert(
      fc.property(fc.array(transaction, { maxLength: 6 }), (batch) => {
        const { text, bytes: moved } = structuredClone(packBatch(batch));
        expect(unpackBatch({ text, bytes: moved })).toEqual(batch);
      }),
    );
  });

  it('gives the results back, also those that are nothing', () => {
    const result: BatchResult = {
      outcomes: [
        { results: [undefined, { outcome: 'stored', id: '11.0' }, 7, []] },
        { error: { code: 'ERR_STORE_FULL', message: 'no room', retryable: true } },
      ],
      totals: { messages: 1, bytes: 2 },
    };
    const returned = unpackResult(packResult(result));
    expect(returned).toEqual(result);
    expect(returned.outcomes[0]).toHaveProperty('results.0', undefined);
  });
});

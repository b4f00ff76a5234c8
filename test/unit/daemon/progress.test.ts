import { expect, test } from 'vitest';
import { WaypostError } from '../../../src/core/errors.js';
import { proveProgress } from '../../../src/daemon/run/progress.js';
import type { MessageStore } from '../../../src/store/message-store.js';

const clock = { nowMs: () => 1 };

function storeThat(write: () => Promise<never> | Promise<never[]>): Pick<MessageStore, 'get' | 'transact'> {
  return { transact: write as unknown as MessageStore['transact'], get: async () => undefined };
}

test('a store that answers is progress, also when it answers that it is full', async () => {
  await proveProgress(
    storeThat(async () => []),
    clock,
  );
  const full = new WaypostError('ERR_STORE_FULL', 'no room', { retryable: true });
  await proveProgress(
    storeThat(() => Promise.reject(full)),
    clock,
  );
});

test('a store that failed is none', async () => {
  const failed = new WaypostError('ERR_STORE_FAILED', 'the disk is gone');
  await expect(
    proveProgress(
      storeThat(() => Promise.reject(failed)),
      clock,
    ),
  ).rejects.toBe(failed);
});

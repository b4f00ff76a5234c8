import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { utf8 } from '../../../src/core/bytes.js';
import { GATEWAY_SPACES } from '../../../src/daemon/run/spaces.js';
import type { Operation } from '../../../src/store/message-store.js';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite-store.js';
import { primitives } from './client.js';

const BATCH = 1000;
const DESTINATIONS = 100;
const MANY = 10_000_000;
const QUOTA = { messages: MANY, bytes: MANY * 1000 };

/** Puts messages for others into the database of a gateway that does not run, until `messages` are in it. */
export async function prefill(bundle: string, data: string, messages: number): Promise<void> {
  const clock = {
    bootId: 'bench',
    nowMs: () => Date.now(),
    monotonicMs: () => Math.floor(performance.now()),
    quality: () => 'ntp' as const,
  };
  const { store } = await openSqliteStore({
    path: path.join(data, 'store.sqlite'),
    clock,
    spaces: GATEWAY_SPACES,
    limits: { total: QUOTA, perDestination: QUOTA, perDepositor: QUOTA },
    worker: { url: pathToFileURL(path.join(bundle, 'store-worker.js')) },
  });
  try {
    for (let held = (await store.size()).messages; held < messages; held += BATCH) {
      const count = Math.min(BATCH, messages - held);
      await store.transact(Array.from({ length: count }, (_, index) => newPut(held + index)));
    }
  } finally {
    await store[Symbol.asyncDispose]();
  }
}

function newPut(index: number): Operation {
  const content = utf8(JSON.stringify({ ciphertext: Buffer.from(primitives.randomBytes(600)).toString('base64url') }));
  const destination = `did:example:prefilled-${index % DESTINATIONS}`;
  const contentHash = primitives.sha256(content);
  return { kind: 'put', message: { destination, depositor: 'bench', priority: 'normal', content, contentHash } };
}

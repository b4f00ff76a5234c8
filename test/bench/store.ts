import { createHash } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MessageStore, NewMessage } from '../../src/store/message-store.js';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.js';
import { ManualClock } from '../support/manual-clock.js';
import { bundledWorker } from '../support/store-worker.js';

/*
 * What the durable store does on this machine's disk, with messages of 1 KiB. Arguments: how many messages wait while
 * it is measured (default 1000), and the folder to use. Run with `npm run bench:store`.
 */

const CONTENT_BYTES = 1024;
const RECIPIENTS = 10_000;
const HUGE = { messages: 1e9, bytes: 1e12 };

const queued = Number(process.argv[2] ?? 1000);
const folder = await mkdtemp(join(process.argv[3] ?? tmpdir(), 'waypost-bench-'));
const options = {
  path: join(folder, 'store.db'),
  clock: new ManualClock(),
  worker: bundledWorker(),
  limits: { total: HUGE, perDestination: HUGE, perDepositor: HUGE },
};

let made = 0;
function recipient(n: number): string {
  return `did:example:${n % RECIPIENTS}`;
}

function message(destination: string): NewMessage {
  const content = new Uint8Array(CONTENT_BYTES);
  new DataView(content.buffer).setUint32(0, ++made);
  const contentHash = new Uint8Array(createHash('sha256').update(content).digest());
  return { destination, depositor: 'bench', priority: 'normal', content, contentHash };
}

function megabytes(): string {
  return `${Math.round(process.memoryUsage().rss / 1e6)} MB resident`;
}

/** Calls `work` `count` times from `parallel` callers that each wait for their call, and prints rate and latency. */
async function measure(what: string, count: number, parallel: number, work: () => Promise<unknown>): Promise<void> {
  const latencies: number[] = [];
  const startMs = performance.now();
  let left = count;
  const caller = async () => {
    while (left-- > 0) {
      const callMs = performance.now();
      await work();
      latencies.push(performance.now() - callMs);
    }
  };
  await Promise.all(Array.from({ length: parallel }, caller));
  const perSecond = Math.round((1000 * count) / (performance.now() - startMs));
  latencies.sort((a, b) => a - b);
  const quantile = (part: number) => (latencies[Math.floor(latencies.length * part)] ?? 0).toFixed(2);
  console.log(
    `${what.padEnd(48)} ${String(perSecond).padStart(7)}/s  p50 ${quantile(0.5)} ms  p99 ${quantile(0.99)} ms`,
  );
}

async function fetchAndAcknowledge(store: MessageStore, destination: string, limitMessages: number): Promise<number> {
  const listed = await store.list({ destinations: [destination], limitMessages });
  const ids = listed.map((each) => each.id);
  return ids.length === 0 ? 0 : store.acknowledge(ids, [destination]);
}

const first = await openSqliteStore(options);
console.log(`empty: ${megabytes()}`);
for (let done = 0; done < queued; done += 5000) {
  const batch = Math.min(5000, queued - done);
  await Promise.all(Array.from({ length: batch }, (_, i) => first.store.put(message(recipient(done + i)))));
}
await first.store[Symbol.asyncDispose]();
const openMs = performance.now();
const { store } = await openSqliteStore(options);
console.log(`${queued} queued: opened in ${Math.round(performance.now() - openMs)} ms, ${megabytes()}`);

let turn = 0;
await measure('put, 1 producer', 3000, 1, () => store.put(message(recipient(turn++))));
await measure('put, 64 producers, 10k recipients', 30_000, 64, () => store.put(message(recipient(turn++))));
await measure('put, 64 producers, 1 recipient', 30_000, 64, () => store.put(message('did:example:one')));
await measure('list 1', 5000, 1, () => store.list({ destinations: [recipient(turn++)], limitMessages: 1 }));
await measure('list 10', 3000, 1, () => store.list({ destinations: ['did:example:one'], limitMessages: 10 }));
await measure('status', 3000, 1, () => store.status(recipient(turn++)));
await measure('list 1 and acknowledge, 64 recipients at once', 20_000, 64, () =>
  fetchAndAcknowledge(store, recipient(turn++), 1),
);
await measure('list 50 and acknowledge, one after another', 400, 1, () =>
  fetchAndAcknowledge(store, 'did:example:one', 50),
);
console.log(`afterwards: ${megabytes()}, file of ${Math.round((await stat(options.path)).size / 1e6)} MB`);
await store[Symbol.asyncDispose]();
await rm(folder, { recursive: true });

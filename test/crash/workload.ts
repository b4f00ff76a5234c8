import { createHash } from 'node:crypto';
import { openSync, readFileSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { fromUtf8, utf8 } from '../../src/core/bytes.js';
import type { MessageStore } from '../../src/store/message-store.js';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.js';
import { ManualClock } from '../support/manual-clock.js';
import { eventRecord } from './event-record.js';
import { randomFrom } from './random.js';

/*
 * A process that uses a store hard and says what it does, until it is stopped. Producers put, now and then again what
 * they had put before; consumers list and acknowledge some. See `history.ts` for what it says.
 */

export interface WorkloadOptions {
  readonly path: string;
  readonly workerUrl: string;
  readonly seed: number;
  /** Distinguishes the texts of one life of the process from those of another. */
  readonly round: number;
  /** Texts to send again before anything else. */
  readonly resend: readonly string[];
  /** Each producer puts so many, then the process ends by itself. */
  readonly putsPerProducer: number;
  /** The file that events are appended to: lines, or records of the recording. It survives the process. */
  readonly eventsPath: string;
  /** The VFS to load, which records into the same file. */
  readonly recordingVfs?: string;
}

const PRODUCERS = 6;
const DESTINATIONS: readonly string[] = ['did:example:a', 'did:example:b', 'did:example:c'];

const options = JSON.parse(readFileSync(0, 'utf8')) as WorkloadOptions;
const random = randomFrom(options.seed);

const events = openSync(options.eventsPath, 'a');

function say(line: string): void {
  writeSync(events, options.recordingVfs ? eventRecord(line) : utf8(`${line}\n`));
}

async function put(store: MessageStore, text: string): Promise<void> {
  say(`put ${text}`);
  // Padding of a length that follows from the text, so that sending again sends the same.
  const hash = createHash('sha256').update(text).digest();
  const content = utf8(text.padEnd(40 + (hash.readUInt16BE() % 6000)));
  const destination = DESTINATIONS[Number(/p(\d+)/.exec(text)?.[1]) % DESTINATIONS.length] ?? '';
  const contentHash = new Uint8Array(createHash('sha256').update(content).digest());
  const { id } = await store.put({ destination, depositor: 'producer', priority: 'normal', content, contentHash });
  say(`stored ${id} ${text}`);
}

async function produce(store: MessageStore, producer: number): Promise<void> {
  for (let n = 0; n < options.putsPerProducer; n++) {
    await put(store, `r${options.round}p${producer}/${n}`);
    if (random() < 0.1) await put(store, `r${options.round}p${producer}/${Math.floor(random() * n)}`);
  }
}

async function consume(store: MessageStore, destination: string, isDone: () => boolean): Promise<void> {
  while (!isDone()) {
    const listed = await store.list({ destinations: [destination], limitMessages: 8 });
    const ids: string[] = [];
    for (const { id, content } of listed) {
      say(`got ${id} ${fromUtf8(content).trimEnd()}`);
      if (random() < 0.6) ids.push(id);
    }
    for (const id of ids) say(`ack ${id}`);
    await store.acknowledge(ids, [destination]);
    for (const id of ids) say(`acked ${id}`);
    await sleep(random() * 4);
  }
}

if (options.recordingVfs) new Database(':memory:').loadExtension(options.recordingVfs);
const { store } = await openSqliteStore({
  path: options.path,
  clock: new ManualClock(),
  worker: { url: new URL(options.workerUrl) },
  checkpointPages: 50,
});
for (const destination of DESTINATIONS) {
  for (const { id, content } of await store.list({ destinations: [destination], limitMessages: 1_000_000 })) {
    say(`found ${id} ${fromUtf8(content).trimEnd()}`);
  }
}
say('opened');
process.stdout.write('opened\n');
for (const text of options.resend) await put(store, text);
let done = false;
const consuming = DESTINATIONS.map((destination) => consume(store, destination, () => done));
await Promise.all(Array.from({ length: PRODUCERS }, (_, producer) => produce(store, producer)));
done = true;
await Promise.all(consuming);
await store[Symbol.asyncDispose]();
say('closed');

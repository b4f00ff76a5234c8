import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import mqtt from 'mqtt';
import { silentLogger } from '../../../src/core/logger.js';
import { createScheduler } from '../../../src/core/scheduler.js';
import { withResolvers } from '../../../src/core/with-resolvers.js';
import { createMemoryPartials } from '../../../src/link/memory-partials.js';
import { createAddressPolicy } from '../../../src/net/address-policy.js';
import type { MessageStore } from '../../../src/store/message-store.js';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite-store.js';
import type { Address, Arrival, Channel } from '../../../src/transport/transport.js';
import { createMqttTransport } from '../../../transports/mqtt/transport.js';
import { BenchClient, primitives } from '../gateway/client.js';
import { type MeasuredGateway, startMeasured } from '../gateway/process.js';

/** Somebody who is subscribed to a topic. */
export interface Receiver extends AsyncDisposable {
  readonly topic: string;
  /** Resolves when it has taken so many more. */
  taken(count: number): Promise<void>;
}

const MANY = 10_000_000;
const QUOTA = { messages: MANY, bytes: MANY * 1000 };

/** Counts; resolves whoever waits for a number. */
class Tally {
  #count = 0;
  #wanted = Number.POSITIVE_INFINITY;
  #reached: () => void = () => {};

  add(): void {
    if (++this.#count === this.#wanted) this.#reached();
  }

  async taken(count: number): Promise<void> {
    const { promise, resolve } = withResolvers<void>();
    this.#reached = resolve;
    this.#wanted = this.#count + count;
    await promise;
  }
}

/** MQTT.js and nothing else: it counts what comes, and acknowledges it at once. */
export async function openPlain(url: string): Promise<Receiver> {
  const topic = 'didcomm/plain/in';
  const tally = new Tally();
  const client = await mqtt.connectAsync(url, { protocolVersion: 5, clientId: 'plain', clean: true });
  client.on('message', () => tally.add());
  await client.subscribeAsync(topic, { qos: 1 });
  return {
    topic,
    taken: (count) => tally.taken(count),
    [Symbol.asyncDispose]: () => client.endAsync(true),
  };
}

/** The transport and the durable store, in this process as the plain client is. */
export async function openStoring(origin: string, bundle: string): Promise<Receiver> {
  const topic = 'didcomm/storing/in';
  const folder = await mkdtemp(path.join(os.tmpdir(), 'waypost-bench-'));
  const monotonicMs = () => Math.floor(performance.now());
  const clock = { bootId: 'bench', nowMs: () => Date.now(), monotonicMs, quality: () => 'ntp' as const };
  const { store } = await openSqliteStore({
    path: path.join(folder, 'store.sqlite'),
    clock,
    limits: { total: QUOTA, perDestination: QUOTA, perDepositor: QUOTA },
    worker: { url: pathToFileURL(path.join(bundle, 'store-worker.js')) },
  });
  const transport = createMqttTransport({
    outbound: { policy: createAddressPolicy({ allow: ['127.0.0.1'] }) },
    scheduler: createScheduler(),
    now: () => performance.now(),
    random: Math.random,
    sha256: primitives.sha256,
    partials: await createMemoryPartials({ clock }),
    logger: silentLogger,
  });
  const listener = await transport.listen(`${origin}/${topic}` as Address);
  const tally = new Tally();
  const serveAll = async (): Promise<void> => {
    for await (const channel of listener) void serve(channel, store, tally);
  };
  void serveAll();
  return {
    topic,
    taken: (count) => tally.taken(count),
    async [Symbol.asyncDispose]() {
      await listener[Symbol.asyncDispose]();
      await transport[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function serve(channel: Channel, store: MessageStore, tally: Tally): Promise<void> {
  const take = async (arrival: Arrival): Promise<void> => {
    const { bytes: content } = arrival;
    const contentHash = primitives.sha256(content);
    await store.put({ destination: 'did:example:bench', depositor: 'bench', priority: 'normal', content, contentHash });
    await arrival.accept();
    tally.add();
  };
  for await (const arrival of channel) void take(arrival);
}

/** The gateway as it is shipped: opens forwards and queues what is in them. */
export interface Forwarding extends Receiver {
  readonly did: string;
  readonly recipient: string;
}

export async function openForwarding(origin: string, bundle: string): Promise<Forwarding> {
  const topic = 'didcomm/gateway/in';
  const folder = await mkdtemp(path.join(os.tmpdir(), 'waypost-bench-'));
  const gateway = await startMeasured(bundle, path.join(folder, 'data'), { WAYPOST_MQTT_LISTEN: `${origin}/${topic}` });
  const client = new BenchClient(gateway.http, gateway.did);
  await client.register();
  // Counted from here: what is asked for when messages are on their way already may count some of them as earlier ones.
  let expected = await countStored(gateway);
  return {
    topic,
    did: gateway.did,
    recipient: client.identity.did,
    taken: (count) => {
      expected += count;
      return stored(gateway, expected);
    },
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await gateway[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const LOOK_AGAIN_MS = { least: 5, most: 250 };
const GIVE_UP_MS = 60_000;

/**
 * Rejects when the gateway is gone, or a minute went by. Looking costs the gateway time, so it happens rarely: after half of the
 * time that the rest will take.
 */
async function stored(gateway: MeasuredGateway, total: number): Promise<void> {
  const startedAtMs = performance.now();
  const first = await countStored(gateway);
  for (let count = first; count < total; count = await countStored(gateway)) {
    const elapsedMs = performance.now() - startedAtMs;
    if (elapsedMs > GIVE_UP_MS) throw new Error(`the gateway stored ${count} of ${total}`);
    const restMs = count === first ? LOOK_AGAIN_MS.most : (elapsedMs / (count - first)) * (total - count);
    await sleep(Math.min(Math.max(restMs / 2, LOOK_AGAIN_MS.least), LOOK_AGAIN_MS.most));
  }
}

async function countStored({ admin }: MeasuredGateway): Promise<number> {
  const text = await (await fetch(`${admin}/metrics`)).text();
  return Number(/^waypost_messages_put_total\{outcome="stored"\} (\d+)$/m.exec(text)?.[1] ?? 0);
}

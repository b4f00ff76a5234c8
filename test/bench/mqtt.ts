import { rm } from 'node:fs/promises';
import path from 'node:path';
import { startMosquitto } from '../support/mosquitto.js';
import { packForwards, primitives } from './gateway/client.js';
import { buildBundle } from './gateway/process.js';
import { median, medianRatio } from './measure.js';
import { Publisher } from './mqtt/publisher.js';
import { openForwarding, openPlain, openStoring, type Receiver } from './mqtt/receivers.js';
import type { BenchReport, Measurement } from './report.js';

/*
 * Messages through Mosquitto with QoS 1, from one publisher to whoever is measured, in turns: MQTT.js that only counts, the
 * transport with the durable store behind it, and the gateway that opens forwards and queues what is in them. Each is compared
 * with MQTT.js at the same size of message and in the same round.
 */

const ROUNDS = 7;
const WARM_UP_ROUNDS = 6;
const MESSAGES = 4000;
const FORWARDS = 4000;
const MESSAGE_BYTES = 512;
const LIMIT_STORED = 0.7;
const LIMIT_FORWARDS = 0.35;

export async function runMqttBench(): Promise<BenchReport> {
  const bundle = path.resolve(`node_modules/.cache/bench-mqtt-${process.pid}`);
  try {
    await buildBundle(bundle);
    return await measureAll(bundle);
  } finally {
    await rm(bundle, { recursive: true, force: true });
  }
}

async function measureAll(bundle: string): Promise<BenchReport> {
  await using broker = await startMosquitto('max_inflight_messages 1024', 'max_queued_messages 0');
  await using publisher = new Publisher(broker.origin);
  await using plain = await openPlain(broker.origin);
  await using storing = await openStoring(broker.origin, bundle);
  await using forwarding = await openForwarding(broker.origin, bundle);
  const rates = { plain: [], stored: [], plainForwards: [], forwards: [] } as Record<string, number[]>;
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    const messages = Array.from({ length: MESSAGES }, newMessage);
    const packed = await packForwards(forwarding.did, [forwarding.recipient], FORWARDS);
    const forwards = packed.map((text) => new Uint8Array(Buffer.from(text)));
    const measured = {
      plain: await measure(publisher, plain, messages),
      stored: await measure(publisher, storing, messages),
      plainForwards: await measure(publisher, plain, forwards),
      forwards: await measure(publisher, forwarding, forwards),
    };
    if (round < 0) continue;
    for (const [name, rate] of Object.entries(measured)) rates[name]?.push(rate);
  }
  const { plain: p = [], stored = [], plainForwards = [], forwards = [] } = rates;
  const row = (name: string, subject: string, values: readonly number[]): Measurement => {
    return { bench: 'mqtt', case: name, subject, value: median(values), unit: 'msg/s' };
  };
  const bar = (name: string, ours: readonly number[], theirs: readonly number[], limit: number) => {
    const value = medianRatio(ours, theirs);
    return { bench: 'mqtt', bar: name, value, limit, holds: value >= limit };
  };
  return {
    measurements: [
      row(`${MESSAGE_BYTES} bytes`, 'MQTT.js', p),
      row(`${MESSAGE_BYTES} bytes`, 'waypost', stored),
      row('forwards', 'MQTT.js', plainForwards),
      row('forwards', 'waypost', forwards),
    ],
    bars: [
      bar('messages into the durable store/s to MQTT.js', stored, p, LIMIT_STORED),
      bar('forwards opened and queued/s to MQTT.js', forwards, plainForwards, LIMIT_FORWARDS),
    ],
  };
}

/** Messages a second, from the first publish until the receiver has taken all. */
async function measure(publisher: Publisher, receiver: Receiver, payloads: readonly Uint8Array[]): Promise<number> {
  const startedAtMs = performance.now();
  await Promise.all([receiver.taken(payloads.length), publisher.publish(receiver.topic, payloads)]);
  return payloads.length / ((performance.now() - startedAtMs) / 1000);
}

/** Looks like nothing that could be opened, and never twice the same. */
function newMessage(): Uint8Array {
  const message = primitives.randomBytes(MESSAGE_BYTES);
  message[0] = 0x7b;
  return message;
}

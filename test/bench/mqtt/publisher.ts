import { Worker } from 'node:worker_threads';
import { withResolvers } from '../../../src/core/with-resolvers.js';

/** One client of MQTT.js with MQTT 5, in a thread of its own, that publishes for everybody who is measured. */
export class Publisher implements AsyncDisposable {
  readonly #worker: Worker;

  constructor(url: string) {
    this.#worker = new Worker(`(${publisher.toString()})()`, { eval: true, workerData: { url } });
  }

  /** Publishes all with QoS 1; resolves when the broker has acknowledged them. */
  async publish(topic: string, payloads: readonly Uint8Array[]): Promise<void> {
    const { promise, resolve, reject } = withResolvers<void>();
    this.#worker.once('message', () => resolve());
    this.#worker.removeAllListeners('error').once('error', reject);
    this.#worker.postMessage({ topic, payloads });
    await promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }
}

/** Runs in the thread by its text, so it uses nothing from here. */
function publisher(): void {
  const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads');
  const { createRequire } = process.getBuiltinModule('node:module');
  const mqtt = createRequire(`${process.cwd()}/`)('mqtt');
  const client = mqtt.connect(workerData.url, { protocolVersion: 5 });
  const UNDER_WAY = 100;
  parentPort?.on('message', async ({ topic, payloads }: { topic: string; payloads: readonly Uint8Array[] }) => {
    let next = 0;
    const work = async (): Promise<void> => {
      for (let payload = payloads[next++]; payload !== undefined; payload = payloads[next++]) {
        const { buffer, byteOffset, byteLength } = payload;
        await client.publishAsync(topic, Buffer.from(buffer, byteOffset, byteLength), { qos: 1 });
      }
    };
    await Promise.all(Array.from({ length: UNDER_WAY }, work));
    parentPort?.postMessage('done');
  });
}

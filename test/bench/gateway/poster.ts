import { Worker } from 'node:worker_threads';
import type { Work } from './load.js';

/**
 * Posts each of `bodies` once, over so many connections, from a thread of its own. It costs as little as possible: what the
 * load takes of the machine, the gateway does not get. Rejects with the answer when one is not 202.
 */
export function postAll(http: string, bodies: readonly string[], connections: number): Promise<Work> {
  const { hostname, port } = new URL(http);
  const workerData = { hostname, port: Number(port), bodies, connections };
  return new Promise((resolve, reject) => {
    const worker = new Worker(`(${client.toString()})()`, { eval: true, workerData });
    worker.once('message', ({ seconds, latenciesMs }) => resolve({ messages: bodies.length, seconds, latenciesMs }));
    worker.once('error', reject);
  });
}

/** Runs in the thread by its text, so it uses nothing from here. A connection posts again as soon as it is answered. */
function client(): void {
  const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads');
  const { connect } = process.getBuiltinModule('node:net');
  const { once } = process.getBuiltinModule('node:events');
  const { hostname, port, bodies, connections } = workerData;
  const head = `POST / HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: application/didcomm-encrypted+json\r\n`;
  const latenciesMs: number[] = [];
  let next = 0;

  const work = async (socket: ReturnType<typeof connect>): Promise<void> => {
    for (;;) {
      const body = bodies[next++];
      if (body === undefined) return;
      const sentAtMs = performance.now();
      socket.write(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
      const [answer] = await once(socket, 'data');
      latenciesMs.push(performance.now() - sentAtMs);
      if (!answer.toString('latin1').startsWith('HTTP/1.1 202 ')) throw new Error(`a forward was answered: ${answer}`);
    }
  };
  const run = async (): Promise<void> => {
    const sockets = Array.from({ length: connections }, () => connect(port, hostname).setNoDelay());
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    const startedAtMs = performance.now();
    await Promise.all(sockets.map(work));
    parentPort?.postMessage({ seconds: (performance.now() - startedAtMs) / 1000, latenciesMs });
    for (const socket of sockets) socket.destroy();
  };
  void run();
}

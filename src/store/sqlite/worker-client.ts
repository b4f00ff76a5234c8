import { Worker } from 'node:worker_threads';
import { WaypostError } from '../../core/errors.js';
import type { PlainError } from '../engine.js';
import type { Reply, Request } from './protocol.js';

/** Where the worker's code is: `worker.ts` of this folder, compiled or bundled as an entry of its own. */
export interface WorkerEntry {
  readonly url: URL;
  /** Options of Node for the thread, where the code needs them to be loaded. */
  readonly execArgv?: readonly string[];
}

type Methods<M> = { [K in keyof M]: (...args: never[]) => unknown };

/** Calls the methods `M` in a worker thread. Rejects with ERR_STORE_FAILED when the thread dies. */
export class WorkerClient<M extends Methods<M>> {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: WaypostError) => void }>();
  #lastId = 0;
  #death: WaypostError | undefined;

  constructor(entry: WorkerEntry) {
    this.#worker = new Worker(entry.url, {
      name: 'store writer',
      ...(entry.execArgv && { execArgv: [...entry.execArgv] }),
    });
    this.#worker.on('message', (reply: Reply) => this.#settle(reply));
    this.#worker.on('error', (cause) => this.#die("the store's writer thread failed", cause));
    this.#worker.on('exit', () => this.#die("the store's writer thread has ended"));
  }

  call<K extends keyof M & string>(
    method: K,
    args: Parameters<M[K]>,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<ReturnType<M[K]>> {
    if (this.#death) return Promise.reject(this.#death);
    const request: Request = { id: ++this.#lastId, method, args };
    return new Promise((resolve, reject) => {
      this.#waiting.set(request.id, { resolve: resolve as (value: unknown) => void, reject });
      this.#worker.postMessage(request, transfer);
    });
  }

  /** Ends the thread, which must have nothing left to do. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ('error' in reply) waiting?.reject(fromPlain(reply.error));
    else waiting?.resolve(reply.value);
  }

  #die(what: string, cause?: unknown): void {
    this.#death ??= new WaypostError('ERR_STORE_FAILED', what, { cause });
    for (const { reject } of this.#waiting.values()) reject(this.#death);
    this.#waiting.clear();
  }
}

export function fromPlain({ code, message, retryable }: PlainError): WaypostError {
  return new WaypostError(code, message, { retryable });
}

import type { KeyObject } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import type { Scheduler } from '../../core/scheduler.js';
import type { PublicJwk } from '../jwk.js';
import type { Agreement, PrivateKey } from '../primitives.js';
import { agreeWith, handleOf, pemOf } from './keys.js';

/** What goes to the thread. The two lists are one request a place. */
export interface AgreementBatch {
  /** Private keys that the thread has not seen; they are numbered in the order in which they come. */
  readonly newKeys: readonly KeyObject[];
  readonly keyIndexes: readonly number[];
  readonly publicKeys: readonly string[];
}

/** What comes back, in the order of the requests; undefined where it failed. */
export type AgreedSecrets = readonly (Uint8Array | undefined)[];

interface AgreementThreadOptions {
  /** Where `agreement-worker.ts` is, compiled or bundled as an entry of its own. */
  readonly worker: { readonly url: URL; readonly execArgv?: readonly string[] };
  readonly scheduler: Scheduler;
}

interface Request {
  readonly privateKey: PrivateKey;
  readonly peer: PublicJwk;
  resolve(secret: Uint8Array): void;
  reject(error: unknown): void;
}

/** How often it is looked at how many agreements there were. */
const LOOK_EVERY_MS = 250;
/** So many in this time are worth a thread, and its memory. */
const BUSY = 50;
/** After so many quiet looks in a row the thread ends. */
const QUIET_LOOKS = 20;
/** The thread works on one batch while the next one is on its way. */
const BATCHES_UNDER_WAY = 2;

/**
 * Key agreement in one more thread while there is much of it, and in this one otherwise. It is a fifth of what opening a message
 * takes, and the only part that is worth another thread. What is asked for while the thread works goes over as one batch: Node's own
 * thread pool, which is asked once for each, takes as long to ask as the agreement takes. A thread that fails is replaced by this one.
 */
export class AgreementThread implements Disposable {
  readonly #options: AgreementThreadOptions;
  #worker: Worker | undefined;
  readonly #keyIndexes = new Map<PrivateKey, number>();
  #newKeys: KeyObject[] = [];
  #waiting: Request[] = [];
  readonly #underWay: Request[][] = [];
  #isFlushing = false;
  #count = 0;
  #quietLooks = 0;
  #stopLooking: (() => void) | undefined;
  #isOver = false;

  constructor(options: AgreementThreadOptions) {
    this.#options = options;
  }

  /** Whether it has a thread at the moment. */
  get isRunning(): boolean {
    return this.#worker !== undefined;
  }

  /** As {@link Agreement}. */
  readonly agree: Agreement = (privateKey, peer) => {
    if (++this.#count === 1) this.#look();
    if (this.#worker === undefined) return agreeWith(privateKey, peer);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ privateKey, peer, resolve, reject });
      if (this.#isFlushing) return;
      this.#isFlushing = true;
      setImmediate(this.#flush);
    });
  };

  /** Ends the thread; what waits, and what comes, is done here. */
  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#stopLooking?.();
    this.#end();
  }

  #look(): void {
    if (this.#isOver || this.#stopLooking !== undefined) return;
    this.#stopLooking = this.#options.scheduler.after(LOOK_EVERY_MS, () => {
      this.#stopLooking = undefined;
      const isBusy = this.#count >= BUSY;
      this.#count = 0;
      if (isBusy) {
        this.#quietLooks = 0;
        this.#worker ??= this.#start();
      } else if (this.#worker !== undefined && ++this.#quietLooks >= QUIET_LOOKS) {
        this.#end();
      }
      if (this.#worker !== undefined) this.#look();
    });
  }

  #start(): Worker {
    const { url, execArgv } = this.#options.worker;
    const worker = new Worker(url, { name: 'agreement', ...(execArgv && { execArgv: [...execArgv] }) });
    worker.unref();
    worker.on('message', (secrets: AgreedSecrets) => this.#settle(secrets));
    const onEnd = (): void => {
      if (this.#worker === worker) this.#end();
    };
    worker.on('error', onEnd);
    worker.on('exit', onEnd);
    return worker;
  }

  readonly #flush = (): void => {
    this.#isFlushing = false;
    if (this.#worker === undefined || this.#waiting.length === 0) return;
    if (this.#underWay.length >= BATCHES_UNDER_WAY) return; // the next answer comes back to it
    const keyIndexes: number[] = [];
    const publicKeys: string[] = [];
    const requests = this.#waiting.filter((request) => {
      const pem = pemOrUndefined(request);
      if (pem === undefined) return false;
      keyIndexes.push(this.#indexOf(request.privateKey));
      publicKeys.push(pem);
      return true;
    });
    this.#waiting = [];
    if (requests.length === 0) return;
    this.#underWay.push(requests);
    this.#worker.postMessage({ newKeys: this.#newKeys, keyIndexes, publicKeys } satisfies AgreementBatch);
    this.#newKeys = [];
  };

  #indexOf(key: PrivateKey): number {
    const known = this.#keyIndexes.get(key);
    if (known !== undefined) return known;
    const index = this.#keyIndexes.size;
    this.#keyIndexes.set(key, index);
    this.#newKeys.push(handleOf(key));
    return index;
  }

  #settle(secrets: AgreedSecrets): void {
    const requests = this.#underWay.shift() ?? [];
    this.#flush();
    for (const [at, request] of requests.entries()) {
      const secret = secrets[at];
      if (secret === undefined) agreeHere(request);
      else request.resolve(secret);
    }
  }

  #end(): void {
    const requests = [...this.#underWay.splice(0).flat(), ...this.#waiting];
    this.#waiting = [];
    this.#keyIndexes.clear();
    this.#newKeys = [];
    this.#quietLooks = 0;
    const worker = this.#worker;
    this.#worker = undefined;
    void worker?.terminate();
    for (const request of requests) agreeHere(request);
  }
}

/** Undefined, and rejected, when the keys cannot agree. */
function pemOrUndefined(request: Request): string | undefined {
  try {
    return pemOf(request.privateKey, request.peer);
  } catch (error) {
    request.reject(error);
    return undefined;
  }
}

/** Also says what is wrong with a request that failed in the thread. */
function agreeHere({ privateKey, peer, resolve, reject }: Request): void {
  try {
    resolve(agreeWith(privateKey, peer));
  } catch (error) {
    reject(error);
  }
}

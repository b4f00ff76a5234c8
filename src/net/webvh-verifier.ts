import { Worker } from 'node:worker_threads';
import { quote, WaypostError } from '../core/errors.js';
import type { WebvhState, WebvhVerifier } from '../did/webvh.js';
import { badLog } from '../did/webvh-log.js';
import type { WebvhTask, WebvhVerdict } from './webvh-worker.js';

export interface WebvhVerifierOptions {
  /** The module `webvh-worker`: the source beside this file, or its own bundle where the program is bundled. */
  readonly workerUrl: URL;
  /** For one log. A thousand entries take about a second. */
  readonly timeoutMs?: number;
  readonly maxHeapMb?: number;
  /** Logs that wait their turn. */
  readonly maxWaiting?: number;
}

/**
 * A verifier of did:webvh logs that runs didwebvh-ts in a thread of its own for each log, one at a time.
 *
 * A log is as long and as laborious as a stranger makes it, and the library verifies without pause, remembers every
 * hash for as long as its module lives, and takes the time from Date. In a thread, a log can be given up in the middle,
 * has a bounded heap that is gone afterwards, and holds no message up; which is worth the 100 ms to start it, because a
 * document that was verified is cached. Throws as {@link WebvhVerifier} says.
 */
export function createWebvhVerifier(options: WebvhVerifierOptions): WebvhVerifier {
  const { workerUrl, timeoutMs = 10_000, maxHeapMb = 64, maxWaiting = 16 } = options;
  let waiting = 0;
  let previous: Promise<unknown> = Promise.resolve();

  return async ({ did, scid, log, witnessProofs, nowMs }) => {
    if (waiting >= maxWaiting) throw notNow(did, `${waiting} others are being verified`);
    waiting++;
    const verdict = previous.then(() => run(did, { did, scid, log, witnessProofs, nowMs }));
    previous = verdict.catch(() => undefined).finally(() => waiting--);
    return toState(did, await verdict);
  };

  function run(did: string, task: WebvhTask): Promise<WebvhVerdict> {
    const worker = new Worker(workerUrl, {
      workerData: task,
      env: {}, // in a test environment the library would write the logs to files
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
    });
    const verdict = new Promise<WebvhVerdict>((resolve, reject) => {
      const timer = setTimeout(() => reject(notNow(did, `it took more than ${timeoutMs} ms`)), timeoutMs);
      worker.once('message', resolve);
      worker.once('error', (cause) => reject(notNow(did, cause.message, cause)));
      worker.once('exit', () => {
        clearTimeout(timer);
        reject(notNow(did, 'the verification ended early'));
      });
    });
    return verdict.finally(() => worker.terminate());
  }
}

function toState(did: string, verdict: WebvhVerdict): WebvhState {
  if (verdict.valid) return { deactivated: verdict.deactivated, document: verdict.document };
  throw badLog(did, quote(verdict.why, 200));
}

function notNow(did: string, why: string, cause?: unknown): WaypostError {
  const message = `the log of ${quote(did)} cannot be verified now: ${why}`;
  return new WaypostError('ERR_DID_UNAVAILABLE', message, { cause, retryable: true });
}

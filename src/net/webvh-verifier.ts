import { fork } from 'node:child_process';
import { quote, WaypostError } from '../core/errors.js';
import type { WebvhState, WebvhVerifier } from '../did/webvh.js';
import { badLog } from '../did/webvh-log.js';
import type { WebvhTask, WebvhVerdict } from './webvh-process.js';

export interface WebvhVerifierOptions {
  /** The module `webvh-process`: the source beside this file, or its own bundle where the program is bundled. */
  readonly programUrl: URL;
  /** For one log. A thousand entries take about a second. */
  readonly timeoutMs?: number;
  readonly maxHeapMb?: number;
  /** Logs that wait their turn. */
  readonly maxWaiting?: number;
}

/**
 * A verifier of did:webvh logs that runs didwebvh-ts in a process of its own for each log, one at a time.
 *
 * A log is as long and as laborious as a stranger makes it, and the library verifies without pause, remembers every
 * hash for as long as its module lives, and takes the time from Date. In a process, a log can be given up in the middle,
 * has a bounded heap that is gone afterwards, and holds no message up; which is worth the 100 ms to start it, because a
 * document that was verified is cached. A thread would not do: one that runs out of its heap can take the whole program
 * with it. Throws as {@link WebvhVerifier} says.
 */
export function createWebvhVerifier(options: WebvhVerifierOptions): WebvhVerifier {
  const { programUrl, timeoutMs = 10_000, maxHeapMb = 64, maxWaiting = 16 } = options;
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
    const child = fork(programUrl, {
      env: {}, // in a test environment the library would write the logs to files
      execArgv: [`--max-old-space-size=${maxHeapMb}`],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const verdict = new Promise<WebvhVerdict>((resolve, reject) => {
      const timer = setTimeout(() => reject(notNow(did, `it took more than ${timeoutMs} ms`)), timeoutMs);
      child.once('message', (message) => resolve(message as WebvhVerdict));
      child.once('error', (cause) => reject(notNow(did, cause.message, cause)));
      child.once('exit', (code, signal) => {
        clearTimeout(timer);
        reject(notNow(did, `the verification ended early (${signal ?? `exit code ${code}`})`));
      });
    });
    // A process that ended already is not there to be sent to; `exit` says so.
    child.send(task, () => undefined);
    return verdict.finally(() => child.kill('SIGKILL'));
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

import { WaypostError } from '../../core/errors.js';
import { isJsonObject } from '../../core/json.js';
import type { DataFolder } from '../data-folder/layout.js';
import { readRuntime } from '../run/runtime-file.js';
import type { Readiness } from './readiness.js';

/** It gives the store 5 s. */
const ANSWER_MS = 10_000;

/**
 * What `/readyz` of the gateway says that runs on a data folder; not ready when none runs or it does not answer. Throws
 * ERR_CONFIG when its admin API is off, so that nobody can ask.
 */
export async function askReadiness(folder: DataFolder): Promise<Readiness> {
  const runtime = await readRuntime(folder);
  if (runtime === undefined) return notReady(`none runs on ${folder.path}`);
  const { admin } = runtime;
  if (admin === null) {
    throw new WaypostError(
      'ERR_CONFIG',
      'the gateway runs without its admin API (admin.listen: off), so it cannot be asked',
    );
  }
  try {
    const response = await fetch(new URL('/readyz', admin), { signal: AbortSignal.timeout(ANSWER_MS) });
    const answer: unknown = await response.json();
    // The other end is this very program.
    return isReadiness(answer) ? answer : notReady(`${admin} answers ${response.status}, and is no gateway`);
  } catch (error) {
    return notReady(`${admin} does not answer: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function notReady(detail: string): Readiness {
  return { ready: false, parts: [{ part: 'process', ready: false, detail }] };
}

function isReadiness(answer: unknown): answer is Readiness {
  return isJsonObject(answer) && typeof answer.ready === 'boolean' && Array.isArray(answer.parts);
}

import { rm } from 'node:fs/promises';
import { isJsonObject, parseJson } from '../../core/json.js';
import { writeFileAtomic } from '../data-folder/atomic-file.js';
import type { DataFolder } from '../data-folder/layout.js';
import { lockHolder } from '../data-folder/lock.js';
import { readSmallFile } from '../data-folder/small-file.js';

/** What the running gateway tells the commands on the same machine. */
export interface Runtime {
  /** Where it listens. */
  readonly addresses: readonly string[];
  /** URL of the admin API; null when it is off. */
  readonly admin: string | null;
}

const LIMITS = { maxBytes: 16 * 1024, maxDepth: 4 };

/** The result removes the file. */
export async function writeRuntime(folder: DataFolder, runtime: Runtime): Promise<() => Promise<void>> {
  await writeFileAtomic(folder.runtime, `${JSON.stringify(runtime)}\n`);
  return () => rm(folder.runtime, { force: true });
}

/** Undefined when no gateway runs on the folder: a file that a killed one left behind means nothing. */
export async function readRuntime(folder: DataFolder): Promise<Runtime | undefined> {
  const content = await readSmallFile(folder.runtime, LIMITS.maxBytes);
  if (content === undefined || (await lockHolder(folder)) === undefined) return undefined;
  const value = parseJson(content, LIMITS, folder.runtime);
  if (!isJsonObject(value) || !Array.isArray(value.addresses)) return undefined;
  const addresses = value.addresses.filter((address) => typeof address === 'string');
  return { addresses, admin: typeof value.admin === 'string' ? value.admin : null };
}

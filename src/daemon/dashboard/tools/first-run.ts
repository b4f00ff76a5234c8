import { rm } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { WaypostError } from '../../../core/errors.js';
import { isJsonObject } from '../../../core/json.js';
import { environmentName } from '../../config/names.js';
import type { Problem } from '../../config/problem.js';
import { SCHEMA } from '../../config/schema.js';
import { MAX_CONFIG_BYTES, parseYaml } from '../../config/yaml-source.js';
import { writeFileAtomic } from '../../data-folder/atomic-file.js';
import type { DataFolder } from '../../data-folder/layout.js';
import { fileExists, readSmallFile } from '../../data-folder/small-file.js';
import type { Environment } from '../../io.js';

/** What a new gateway is told by the first person who looks at its page. */
export interface FirstRun {
  /** Whether nobody finished it yet. */
  isPending(): Promise<boolean>;
  finish(): Promise<void>;
  /**
   * Names the gateway, here and in its configuration. Throws ERR_INVALID_ARGUMENT, and ERR_CONFIG where the name comes from
   * the environment or the file must be changed by hand.
   */
  rename(name: string): Promise<void>;
}

export interface FirstRunOptions {
  readonly folder: DataFolder;
  readonly env: Environment;
  onRenamed(name: string): void;
}

export function createFirstRun({ folder, env, onRenamed }: FirstRunOptions): FirstRun {
  return {
    isPending: () => fileExists(folder.firstRun),
    finish: () => rm(folder.firstRun, { force: true }),
    async rename(name) {
      const problems: Problem[] = [];
      SCHEMA.name.read(name, ['name'], problems);
      const [problem] = problems;
      if (problem !== undefined) throw new WaypostError('ERR_INVALID_ARGUMENT', `name: ${problem.message}`);
      const variable = environmentName(['name']);
      if ((env[variable] ?? '') !== '') {
        throw new WaypostError('ERR_CONFIG', `the name comes from the variable ${variable}: change it there`);
      }
      const text = (await readSmallFile(folder.config, MAX_CONFIG_BYTES))?.toString('utf8') ?? '';
      await writeFileAtomic(folder.config, withName(text, name, folder.config));
      onRenamed(name);
    },
  };
}

/** Changes the one line and keeps all else as it was, comments too. */
function withName(text: string, name: string, file: string): string {
  const line = `name: ${JSON.stringify(name)}`;
  const changed = /^#?name:.*$/m.test(text)
    ? text.replace(/^#?name:.*$/m, () => line)
    : `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${line}\n`;
  const before = parseYaml(text, file).value ?? {};
  const after = parseYaml(changed, file).value;
  // Somebody may have written the name over several lines, or the whole file in another style.
  if (isJsonObject(before) && isJsonObject(after) && isDeepStrictEqual(after, { ...before, name })) return changed;
  throw new WaypostError('ERR_CONFIG', `${file} is written in a way that only its author can change: name: ${name}`);
}

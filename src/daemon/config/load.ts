import { readFile, stat } from 'node:fs/promises';
import { WaypostError } from '../../core/errors.js';
import { isJsonObject, type JsonObject } from '../../core/json.js';
import type { Environment } from '../io.js';
import { crossCheck } from './cross-check.js';
import { environmentName, isSettingName, settingPaths } from './names.js';
import { type Path, type Problem, showPath } from './problem.js';
import { type Config, SCHEMA } from './schema.js';
import { readShape } from './section.js';
import { MAX_CONFIG_BYTES, parseYaml } from './yaml-source.js';

/** A value from the command line, which wins over the file and the environment. */
export interface Flag {
  /** Such as `--http`, for errors. */
  readonly flag: string;
  /** Such as `http.listen`. */
  readonly path: string;
  /** As text, or a list of texts for an option that may be repeated. */
  readonly value: string | readonly string[];
}

export interface ConfigSources {
  /** Left out, or the path of a file that does not exist: there is none. */
  readonly file?: string;
  readonly env?: Environment;
  readonly flags?: readonly Flag[];
}

export interface LoadedConfig {
  readonly config: Config;
  /** Where values come from that do not have their initial value: a line of the file, a variable or a flag, by path. */
  readonly origins: ReadonlyMap<string, string>;
  /** Variables that begin with WAYPOST_ and mean nothing here: somebody may have misspelt one. */
  readonly unknownVariables: readonly string[];
}

/**
 * Reads the configuration: file < environment < flags. Throws ERR_CONFIG with everything that is wrong, each with its
 * line, variable or flag and with what is allowed.
 */
export async function loadConfig(sources: ConfigSources): Promise<LoadedConfig> {
  const { file, env = {}, flags = [] } = sources;
  const source = file === undefined ? undefined : await readSource(file);
  const values: JsonObject = isJsonObject(source?.value) ? structuredClone(source.value) : {};
  const origins = new Map<string, string>();

  const problems: Problem[] = [];
  if (source !== undefined) {
    // Checked by itself first: a wrong line is an error also where the environment hides it.
    readShape(SCHEMA, source.value, [], problems);
    for (const path of settingPaths(SCHEMA)) {
      if (getIn(source.value, path) != null) origins.set(showPath(path), `line ${source.lineOf(path)} of the file`);
    }
  }
  for (const path of settingPaths(SCHEMA)) {
    const name = environmentName(path);
    const text = env[name];
    if (text === undefined || text === '') continue;
    setIn(values, path, fromText(text));
    origins.set(showPath(path), name);
  }
  for (const { flag, path, value } of flags) {
    setIn(values, path.split('.'), value);
    origins.set(path, flag);
  }
  if (problems.length === 0) {
    const config = readShape(SCHEMA, values, [], problems);
    problems.push(...crossCheck(config));
    if (problems.length === 0) return { config, origins, unknownVariables: unknownVariables(env) };
  }
  throw new WaypostError('ERR_CONFIG', problems.map((problem) => describe(problem, file, source, origins)).join('; '));
}

async function readSource(file: string): Promise<ReturnType<typeof parseYaml> | undefined> {
  try {
    const { size } = await stat(file);
    if (size > MAX_CONFIG_BYTES) {
      throw new WaypostError('ERR_CONFIG', `${file} has ${size} bytes, the limit is ${MAX_CONFIG_BYTES}`);
    }
    return parseYaml(await readFile(file, 'utf8'), file);
  } catch (cause) {
    if (cause instanceof WaypostError) throw cause;
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new WaypostError('ERR_CONFIG', `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

/** `FILE:LINE: http.listen: ...`, or the variable or flag instead of the line. */
function describe(
  { at, message }: Problem,
  file: string | undefined,
  source: ReturnType<typeof parseYaml> | undefined,
  origins: ReadonlyMap<string, string>,
): string {
  const names = at
    .map((_, index) => origins.get(showPath(at.slice(0, index + 1))))
    .filter((name) => name !== undefined);
  const name = names.at(-1);
  const isOfFile = name === undefined || name.startsWith('line ');
  const line = isOfFile ? source?.lineOf(at) : undefined;
  const where = !isOfFile ? name : line === undefined ? (file ?? 'configuration') : `${file}:${line}`;
  return `${where}: ${at.length === 0 ? '' : `${showPath(at)}: `}${message}`;
}

/** Text from the environment: a list may also be written as JSON. */
function fromText(text: string): unknown {
  if (!text.trimStart().startsWith('[')) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function getIn(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, name) => (isJsonObject(inner) ? inner[name] : undefined), value);
}

function setIn(values: JsonObject, path: readonly string[], value: unknown): void {
  const [name = '', ...rest] = path;
  if (rest.length === 0) {
    values[name] = value;
    return;
  }
  const inner = isJsonObject(values[name]) ? values[name] : {};
  values[name] = inner;
  setIn(inner, rest, value);
}

function unknownVariables(env: Environment): string[] {
  return Object.keys(env).filter((name) => name.startsWith('WAYPOST_') && !isSettingName(SCHEMA, name));
}

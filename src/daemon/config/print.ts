import { stringify } from 'yaml';
import { environmentName } from './names.js';
import { type Config, ROOT, SCHEMA } from './schema.js';
import { HIDDEN, isSection, type Setting, type Shape } from './section.js';

export interface PrintOptions {
  /** The values to print; left out, the initial ones. */
  readonly config?: Config;
  /** Where values come from, by path, see `LoadedConfig`. Those that are not in it are the initial ones. */
  readonly origins?: ReadonlyMap<string, string>;
  /** Put initial values into comments, so that they can change with a new version. For a file that people edit. */
  readonly commentInitial?: boolean;
}

const COMMENT_COLUMNS = 110;

/** The annotated configuration file. Secrets are not in it. */
export function printConfig(options: PrintOptions = {}): string {
  const lines = [
    ...comment(`${ROOT.description} An environment variable, named after each setting, wins over this file.`, ''),
    ...(options.commentInitial === true ? comment('What is commented out applies when nothing is said.', '') : []),
    '',
  ];
  printShape(SCHEMA, options.config ?? {}, [], options, lines);
  return `${lines.join('\n')}\n`;
}

function printShape(
  shape: Shape,
  values: Readonly<Record<string, unknown>>,
  at: readonly string[],
  options: PrintOptions,
  lines: string[],
): void {
  const indent = '  '.repeat(at.length);
  for (const [index, [name, entry]] of Object.entries(shape).entries()) {
    const path = [...at, name];
    if (index > 0) lines.push('');
    lines.push(...comment(entry.description, indent));
    if (isSection(entry)) {
      lines.push(`${indent}${name}:`);
      printShape(entry.shape, (values[name] ?? {}) as Record<string, unknown>, path, options, lines);
    } else {
      printSetting(entry, values[name] ?? entry.initial, path, options, lines);
    }
  }
}

function printSetting(
  entry: Setting<unknown>,
  value: unknown,
  path: readonly string[],
  { origins, commentInitial = false }: PrintOptions,
  lines: string[],
): void {
  const indent = '  '.repeat(path.length - 1);
  const origin = origins?.get(path.join('.'));
  lines.push(...comment(`Allowed: ${entry.allowed}. ${environmentName(path)}`, indent));
  if (origin !== undefined) lines.push(...comment(`This value comes from ${origin}.`, indent));
  const shown = entry.isSecret ? HIDDEN : entry.show(value);
  const isInitial = origin === undefined && commentInitial;
  const yaml = stringify({ [path.at(-1) ?? '']: shown }, { lineWidth: 0 }).trimEnd();
  lines.push(...yaml.split('\n').map((line) => `${indent}${isInitial ? '#' : ''}${line}`));
}

/** A comment, wrapped at words. */
function comment(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = `${indent}#`;
  for (const word of text.split(' ')) {
    if (line.length + word.length >= COMMENT_COLUMNS) {
      lines.push(line);
      line = `${indent}#`;
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}

import { LineCounter, parseDocument } from 'yaml';
import { WaypostError } from '../../core/errors.js';
import type { Path } from './problem.js';

/** A configuration file after parsing. */
export interface YamlSource {
  readonly value: unknown;
  /** The line, from 1, of the value at a path, or of the nearest section around it. */
  lineOf(at: Path): number | undefined;
}

export const MAX_CONFIG_BYTES = 256 * 1024;

/** Parses YAML 1.2. Throws ERR_CONFIG with the line; `name` is how the file is called there. */
export function parseYaml(text: string, name: string): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'silent' });
  const [error] = document.errors;
  if (error !== undefined) {
    throw new WaypostError('ERR_CONFIG', `${name}:${lines.linePos(error.pos[0]).line}: ${error.message}`);
  }
  return {
    value: toValue(document, name),
    lineOf(at) {
      for (let depth = at.length; depth > 0; depth--) {
        const node = document.getIn(at.slice(0, depth), true) as { range?: [number, number, number] } | undefined;
        if (node?.range != null) return lines.linePos(node.range[0]).line;
      }
      return undefined;
    },
  };
}

function toValue(document: ReturnType<typeof parseDocument>, name: string): unknown {
  try {
    // A few aliases can stand for gigabytes; a configuration needs none.
    return document.toJS({ maxAliasCount: 0 });
  } catch (cause) {
    throw new WaypostError('ERR_CONFIG', `${name}: aliases (*name) are not supported here`, { cause });
  }
}

import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import { WaypostError } from '../../core/errors.js';
import type { Path } from './problem.js';

/** A configuration file after parsing. */
export interface YamlSource {
  readonly value: unknown;
  /** The line, from 1, where the name at a path stands, or the nearest section around it. */
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
        const start = startOf(document, at.slice(0, depth));
        if (start !== undefined) return lines.linePos(start).line;
      }
      return undefined;
    },
  };
}

/** Where the name of a value begins, or the item of a list. */
function startOf(document: Document, at: Path): number | undefined {
  const around = at.length === 1 ? document.contents : document.getIn(at.slice(0, -1), true);
  const key = isMap(around)
    ? around.items.map((pair) => pair.key).find((candidate) => isScalar(candidate) && candidate.value === at.at(-1))
    : document.getIn(at, true);
  return isNode(key) ? key.range?.[0] : undefined;
}

function toValue(document: Document, name: string): unknown {
  try {
    // A few aliases can stand for gigabytes; a configuration needs none.
    return document.toJS({ maxAliasCount: 0 });
  } catch (cause) {
    throw new WaypostError('ERR_CONFIG', `${name}: aliases (*name) are not supported here`, { cause });
  }
}

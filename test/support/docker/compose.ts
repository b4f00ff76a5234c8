import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** A file of Compose as far as the tests look into it (https://github.com/compose-spec/compose-spec). */
export interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly networks?: Readonly<Record<string, unknown>>;
}

export interface Service {
  readonly image: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly networks?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
  readonly command?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
}

/** A file in docker/, with the variables that its first lines tell to set. */
export function readCompose(name: string, variables: Readonly<Record<string, string>>): Compose {
  const compose = parse(readFileSync(`docker/${name}`, 'utf8'), { merge: true });
  return interpolate(compose, variables) as Compose;
}

/** Compose replaces in values only; `$$` is a dollar sign. Throws where a variable is required and missing. */
function interpolate(value: unknown, variables: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string') {
    return value.replaceAll(
      /\$\$|\$\{(\w+)(?:(:?[-?])([^}]*))?\}/g,
      (all, name: string, operator = '', otherwise = '') => {
        if (all === '$$') return '$';
        const known = variables[name];
        if (known !== undefined && known !== '') return known;
        if (operator.endsWith('?')) throw new Error(`${name}: ${otherwise}`);
        return otherwise;
      },
    );
  }
  if (Array.isArray(value)) return value.map((item) => interpolate(item, variables));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, interpolate(item, variables)]));
}

import { quote } from '../../core/errors.js';
import { isJsonObject } from '../../core/json.js';
import type { Kind } from './kinds.js';
import type { Path, Problem } from './problem.js';

/** One value of the configuration, with what is to be said of it. */
export interface Setting<T> extends Kind<T> {
  readonly description: string;
  readonly initial: T;
  /** Never printed. */
  readonly isSecret: boolean;
}

/** Settings that belong together. */
export interface Section<S extends Shape> {
  readonly description: string;
  readonly shape: S;
}

export interface Shape {
  readonly [name: string]: Setting<unknown> | Section<Shape>;
}

/** The values that a shape describes. */
export type ValuesOf<S extends Shape> = {
  readonly [Name in keyof S]: S[Name] extends Setting<infer T>
    ? T
    : S[Name] extends Section<infer Inner>
      ? ValuesOf<Inner>
      : never;
};

export function setting<T>(kind: Kind<T>, initial: T, description: string): Setting<T> {
  return { ...kind, description, initial, isSecret: false };
}

/** A setting whose value appears neither in print nor in an error. */
export function secretSetting<T>(kind: Kind<T>, initial: T, description: string): Setting<T> {
  return {
    ...setting(kind, initial, description),
    isSecret: true,
    read(value, at, problems) {
      const own: Problem[] = [];
      const read = kind.read(value, at, own);
      if (own.length > 0) problems.push({ at, message: `this value is not allowed; allowed is ${kind.allowed}` });
      return read;
    },
  };
}

export function section<S extends Shape>(description: string, shape: S): Section<S> {
  return { description, shape };
}

export function isSection(entry: Setting<unknown> | Section<Shape>): entry is Section<Shape> {
  return 'shape' in entry;
}

/**
 * The values of a section, the initial one for each that is missing, empty or wrong. What is wrong, and every name
 * that is not in `shape`, becomes a problem.
 */
export function readShape<S extends Shape>(shape: S, given: unknown, at: Path, problems: Problem[]): ValuesOf<S> {
  // A section whose lines are all commented out is null in YAML.
  const members = given ?? {};
  if (!isJsonObject(members)) {
    problems.push({ at, message: `${quote(given)} is not a section with the names ${namesOf(shape)}` });
    return readShape(shape, {}, at, []);
  }
  for (const name of Object.keys(members)) {
    if (Object.hasOwn(shape, name)) continue;
    problems.push({ at: [...at, name], message: `this name is unknown; known are ${namesOf(shape)}` });
  }
  const read = Object.entries(shape).map(([name, entry]) => {
    const value = Object.hasOwn(members, name) ? members[name] : undefined;
    if (isSection(entry)) return [name, readShape(entry.shape, value, [...at, name], problems)];
    const absent = value === undefined || value === null;
    return [name, absent ? entry.initial : (entry.read(value, [...at, name], problems) ?? entry.initial)];
  });
  return Object.fromEntries(read) as ValuesOf<S>;
}

/** The kind of list items that are sections themselves. */
export function recordOf<S extends Shape>(shape: S): Kind<ValuesOf<S>> {
  return {
    allowed: `a section with the names ${namesOf(shape)}`,
    read(value, at, problems) {
      const before = problems.length;
      const read = readShape(shape, value, at, problems);
      return problems.length === before ? read : undefined;
    },
    show: (values) => showShape(shape, values),
  };
}

/** The values as they stand in the file; secret ones are replaced by a word. */
function showShape(shape: Shape, values: Readonly<Record<string, unknown>>): unknown {
  const shown = Object.entries(shape).flatMap(([name, entry]) => {
    const value = values[name];
    if (isSection(entry) || value === undefined) return [];
    return [[name, entry.isSecret ? HIDDEN : entry.show(value)]];
  });
  return Object.fromEntries(shown);
}

/** What is printed instead of a secret. */
export const HIDDEN = '(hidden)';

function namesOf(shape: Shape): string {
  return Object.keys(shape).join(', ');
}

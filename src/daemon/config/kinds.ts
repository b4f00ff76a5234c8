import { quote } from '../../core/errors.js';
import { isJsonObject } from '../../core/json.js';
import { withoutUser } from '../public-url.js';
import type { Path, Problem } from './problem.js';

/** How a value of the configuration is read and printed. Text is always taken too, as it comes from flags. */
export interface Kind<T> {
  /** What is allowed, in words that follow "allowed is". */
  readonly allowed: string;
  /** Undefined when the value is not allowed; then at least one problem was added. */
  read(value: unknown, at: Path, problems: Problem[]): T | undefined;
  /** The value as it stands in the file. */
  show(value: T): unknown;
}

/** A kind for single values: `parse` gives undefined for what is not allowed. */
export function scalar<T>(
  allowed: string,
  parse: (value: unknown) => T | undefined,
  show: (value: T) => unknown,
): Kind<T> {
  return {
    allowed,
    show,
    read(value, at, problems) {
      const parsed = parse(value);
      const shown = quote(typeof value === 'string' ? withoutUser(value) : value);
      if (parsed === undefined) {
        problems.push({ at, message: `${shown} is not allowed; allowed is ${allowed}${quotesHint(value)}` });
      }
      return parsed;
    },
  };
}

/** YAML makes a section of text that ends with a colon, such as `ble:`, unless it is in quotes. */
function quotesHint(value: unknown): string {
  const [[name, content] = ['', undefined], ...others] = isJsonObject(value) ? Object.entries(value) : [];
  return content === null && others.length === 0 ? `; text that ends with a colon has to be in quotes: "${name}:"` : '';
}

export function text(allowed: string, isAllowed: (value: string) => boolean): Kind<string> {
  return scalar(
    allowed,
    (value) => (typeof value === 'string' && isAllowed(value) ? value : undefined),
    (value) => value,
  );
}

export function choice<const T extends string>(...values: readonly T[]): Kind<T> {
  return scalar(
    `one of ${values.join(', ')}`,
    (value) => values.find((candidate) => candidate === value),
    (value) => value,
  );
}

export function wholeNumber(from: number, to: number): Kind<number> {
  return scalar(
    `a whole number from ${from} to ${to}`,
    (value) => {
      const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
      return Number.isSafeInteger(number) && inRange(number as number, from, to) ? (number as number) : undefined;
    },
    (value) => value,
  );
}

export const decimal: Kind<number> = scalar(
  'a decimal number',
  (value) => {
    const number = typeof value === 'string' && /^-?\d{1,15}(\.\d{1,15})?$/.test(value) ? Number(value) : value;
    return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
  },
  (value) => value,
);

const UNITS = new Map([
  ['', 1],
  ['KiB', 2 ** 10],
  ['MiB', 2 ** 20],
  ['GiB', 2 ** 30],
]);

/** A number of bytes, also with a unit: `16 MiB`. */
export function byteCount(from: number, to: number): Kind<number> {
  return scalar(
    `a number of bytes from ${showBytes(from)} to ${showBytes(to)}, also with KiB, MiB or GiB`,
    (value) => {
      const [, digits, unit] = /^(\d{1,15}) ?([KMG]iB)?$/.exec(String(value)) ?? [];
      const bytes = Number(digits) * (UNITS.get(unit ?? '') ?? Number.NaN);
      return inRange(bytes, from, to) ? bytes : undefined;
    },
    showBytes,
  );
}

/** In the largest unit that gives a whole number. */
export function showBytes(bytes: number): string | number {
  for (const [unit, size] of [...UNITS].reverse()) {
    if (bytes >= size && bytes % size === 0 && unit !== '') return `${bytes / size} ${unit}`;
  }
  return bytes;
}

/** A list; a text is a list separated by commas, as in an environment variable. */
export function listOf<T>(item: Kind<T>, maxItems = 1000): Kind<readonly T[]> {
  return {
    allowed: `a list, of each item allowed is ${item.allowed}`,
    show: (values) => values.map((value) => item.show(value)),
    read(value, at, problems) {
      const items = typeof value === 'string' ? splitText(value) : value;
      if (!Array.isArray(items) || items.length > maxItems) {
        problems.push({
          at,
          message: `${quote(value)} is not allowed; allowed is a list of at most ${maxItems} items`,
        });
        return undefined;
      }
      const read = items.map((element, index) => item.read(element, [...at, index], problems));
      return read.every((element) => element !== undefined) ? read : undefined;
    },
  };
}

function splitText(value: string): string[] {
  return value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function inRange(value: number, from: number, to: number): boolean {
  return value >= from && value <= to;
}

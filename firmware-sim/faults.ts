import type { Random } from './random.js';

/**
 * The one hook for everything that can happen on a way: bytes are dropped by not calling `next`, doubled by calling it
 * twice, changed by calling it with others, and held back by calling it later. `bytes` must not be changed in place.
 */
export type Intercept = (bytes: Uint8Array, next: (bytes: Uint8Array) => void) => void;

/** One after the other. */
export function chain(...intercepts: readonly Intercept[]): Intercept {
  return (bytes, next) => {
    const pass = (from: number, passing: Uint8Array): void => {
      const intercept = intercepts[from];
      if (intercept === undefined) next(passing);
      else intercept(passing, (changed) => pass(from + 1, changed));
    };
    pass(0, bytes);
  };
}

/** Bytes appear that nobody sent: before this part of all bytes. */
export function inserting(part: number, random: Random): Intercept {
  return (bytes, next) => {
    const passed: number[] = [];
    for (const byte of bytes) {
      if (random() < part) passed.push(Math.floor(random() * 256));
      passed.push(byte);
    }
    next(Uint8Array.from(passed));
  };
}

/** Nothing passes while the contact is open. `now` in milliseconds, from whenever. */
export function looseContact(
  { onMs, offMs }: { readonly onMs: number; readonly offMs: number },
  now: () => number,
): Intercept {
  const startMs = now();
  return (bytes, next) => {
    if ((now() - startMs) % (onMs + offMs) < onMs) next(bytes);
  };
}

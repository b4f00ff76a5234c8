import type { LinkProfile } from './profiles.js';
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

/** Each byte by itself is damaged, lost, or gets company. */
export function byteFaults(
  { flipped, dropped, inserted }: Pick<LinkProfile, 'flipped' | 'dropped' | 'inserted'>,
  random: Random,
): Intercept {
  if (flipped + dropped + inserted === 0) return (bytes, next) => next(bytes);
  const anyByte = () => Math.floor(random() * 256);
  return (bytes, next) => {
    const passed: number[] = [];
    for (const byte of bytes) {
      if (random() < inserted) passed.push(anyByte());
      if (random() < dropped) continue;
      // Any other value: an exclusive or with anything but 0.
      passed.push(random() < flipped ? byte ^ (1 + Math.floor(random() * 255)) : byte);
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

import type { Logger } from '../../src/core/logger.js';

/** Counts events of all levels by their names, as the metrics of a gateway do. */
export function countingLogger(): { readonly logger: Logger; count(event: string): number } {
  const counts = new Map<string, number>();
  const add = (event: string): void => void counts.set(event, (counts.get(event) ?? 0) + 1);
  return { logger: { debug: add, info: add, warn: add, error: add }, count: (event) => counts.get(event) ?? 0 };
}

import type { Priority } from './message-store.js';

/*
 * The id of a message: its priority, its number in this store and the first 48 bits of its content hash, as
 * `<digit><number in base 36>.<12 hex digits>`.
 *
 * The number alone would do as long as the store lives. But a store that is restored from a backup gives numbers a
 * second time, and a recipient that remembers ids would throw the new message away as one that it has. With a part of
 * the hash, an id that comes back names the same content. The priority is in it so that a listing can go on behind a
 * message that is gone.
 */

export interface MessageKey {
  readonly priority: Priority;
  readonly sequence: number;
  readonly shortHash: number;
}

export const PRIORITIES: readonly Priority[] = ['expedited', 'normal', 'bulk'];

const ID = /^([0-2])([1-9a-z][0-9a-z]{0,9})\.([0-9a-f]{12})$/;

export function formatMessageId(key: MessageKey): string {
  const hash = key.shortHash.toString(16).padStart(12, '0');
  return `${PRIORITIES.indexOf(key.priority)}${key.sequence.toString(36)}.${hash}`;
}

/** Undefined for text that no store ever gave out as an id; ids come from outside. */
export function parseMessageId(id: string): MessageKey | undefined {
  const parts = ID.exec(id);
  const priority = PRIORITIES[Number(parts?.[1])];
  const sequence = Number.parseInt(parts?.[2] ?? '', 36);
  if (!parts || !priority || !Number.isSafeInteger(sequence)) return undefined;
  return { priority, sequence, shortHash: Number.parseInt(parts[3] ?? '', 16) };
}

/** The first 48 bits of a hash: what a JavaScript number, and a short index entry, can hold. */
export function shortHashOf(hash: Uint8Array): number {
  let value = 0;
  for (const byte of hash.subarray(0, 6)) value = value * 256 + byte;
  return value;
}

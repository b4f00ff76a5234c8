import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { fromUtf8, utf8 } from '../../../src/core/bytes.js';
import type { ErrorCode } from '../../../src/core/errors.js';
import type { MessageStore, NewMessage } from '../../../src/store/message-store.js';

export const ALICE = 'did:example:alice';
export const BOB = 'did:example:bob';
export const CAROL = 'did:example:carol';

/** A message whose content is `text`. */
export function message(text: string, more: Partial<NewMessage> = {}): NewMessage {
  const content = more.content ?? utf8(text);
  const contentHash = new Uint8Array(createHash('sha256').update(content).digest());
  return { destination: ALICE, depositor: 'depositor', priority: 'normal', content, contentHash, ...more };
}

/** The contents waiting for a destination, in order, as text. */
export async function contents(store: MessageStore, destination = ALICE): Promise<string[]> {
  const listed = await store.list({ destinations: [destination], limitMessages: 100 });
  return listed.map((queued) => fromUtf8(queued.content));
}

export async function putAll(
  store: MessageStore,
  texts: readonly string[],
  more?: Partial<NewMessage>,
): Promise<string[]> {
  const ids: string[] = [];
  for (const text of texts) ids.push((await store.put(message(text, more))).id);
  return ids;
}

export async function expectRefusal(attempt: Promise<unknown>, code: ErrorCode, retryable: boolean): Promise<void> {
  await expect(attempt).rejects.toMatchObject({ name: 'WaypostError', code, retryable });
}

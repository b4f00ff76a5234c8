import type { Unpacked } from '../../envelope/unpack.js';
import { type Io, writeJson } from '../io.js';

/** A message that was received. `from` is who is proven to have sent it; null for nobody. */
export function showMessage(io: Io, { message, from }: Unpacked, json: boolean): void {
  const { id, type, created_time, body, attachments } = message;
  const content = typeof body?.content === 'string' ? body.content : undefined;
  if (json) writeJson(io, { id, from, type, created_time, content, body, attachments });
  else io.stdout.write(`${from ?? 'somebody unproven'}: ${printable(content ?? type)}\n`);
}

/** What a stranger wrote must not move the cursor. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, (character) => (character === '\n' ? '\n  ' : '?'));
}

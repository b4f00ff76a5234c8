import { toBase64url } from '../../core/base64url.js';
import type { Attachment } from '../../envelope/attachment.js';
import type { QueuedMessage } from '../../store/message-store.js';

/** Envelope, headers and keys around the attachments of a delivery. */
const OVERHEAD_BYTES = 4096;

/** Queued messages as the attachments of a `delivery` of either version: base64, and the id that acknowledges them. */
export function toAttachments(messages: readonly QueuedMessage[]): readonly Attachment[] {
  return messages.map(({ id, content }) => ({ id, data: { base64: toBase64url(content) } }));
}

/**
 * How many bytes of messages fit one `delivery` on a connection that takes `maxMessageBytes`: base64 adds a third for
 * the attachment, and another one for the envelope around it.
 */
export function deliveryBytes(limitBytes: number, maxMessageBytes: number): number {
  const fitting = Math.floor(((maxMessageBytes - OVERHEAD_BYTES) * 9) / 16);
  return Math.max(1, Math.min(limitBytes, fitting));
}

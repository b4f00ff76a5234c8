import { isJsonObject, type JsonLimits, parseJsonObject } from '../../core/json.js';
import { didOf, isKeyId } from '../../envelope/did-url.js';

const MAX_DEPTH = 100;
/** A message is for one DID; it has a few keys. */
const MAX_KEYS = 100;

/**
 * The DIDs whose keys a packed message was encrypted for, each once; nothing for what is not an encrypted message. Nothing
 * of it is decrypted: it is for somebody else.
 */
export function recipientsOf(packed: Uint8Array): readonly string[] {
  const limits: JsonLimits = { maxBytes: packed.length, maxDepth: MAX_DEPTH };
  const { recipients, ciphertext } = parseJsonObject(packed, limits, 'a message');
  if (!Array.isArray(recipients) || typeof ciphertext !== 'string') return [];
  const keyIds = recipients
    .slice(0, MAX_KEYS)
    .map((recipient: unknown) =>
      isJsonObject(recipient) && isJsonObject(recipient.header) ? recipient.header.kid : null,
    )
    .filter(isKeyId);
  return [...new Set(keyIds.map(didOf))];
}

import { WaypostError } from '../core/errors.js';
import { parseJsonObject } from '../core/json.js';
import { didOf } from './did-url.js';
import type { EnvelopeLimits } from './limits.js';
import { MEDIA_TYPE } from './media-type.js';
import { newMessageId, type PlaintextMessage } from './message.js';
import { type PackContext, pack } from './pack.js';

/** The message type of Routing 2.0 (DIDComm v2.1, "Routing Protocol 2.0"). */
export const FORWARD_TYPE = 'https://didcomm.org/routing/2.0/forward';

/** How to wrap a packed message for the mediators on its way. */
export interface WrapOptions {
  /** Whom the packed message is for: the `next` of the innermost forward. */
  readonly next: string;
  /** DIDs, or DID URLs of keys, from the one that is reached first to the one next to the recipient. */
  readonly routingKeys: readonly string[];
  /** Seconds since 1970 UTC, told to each mediator. */
  readonly expiresTime?: number;
}

/**
 * Wraps a packed message in one anoncrypted forward per routing key, from the last to the first (DIDComm v2.1,
 * "Sender Process to Enable Forwarding"). The message travels as JSON, which is a third smaller than base64.
 * Throws ERR_NO_COMMON_CURVE and whatever else {@link pack} throws.
 */
export async function wrapForward(
  context: PackContext,
  limits: EnvelopeLimits,
  packed: string,
  options: WrapOptions,
): Promise<string> {
  let wrapped = packed;
  let next = options.next;
  for (const routingKey of [...options.routingKeys].reverse()) {
    const forward: PlaintextMessage = {
      id: newMessageId(context.primitives),
      type: FORWARD_TYPE,
      to: [didOf(routingKey)],
      ...(options.expiresTime === undefined ? {} : { expires_time: options.expiresTime }),
      body: { next },
      attachments: [
        { media_type: MEDIA_TYPE.encrypted, data: { json: parseJsonObject(wrapped, limits, 'a packed message') } },
      ],
    };
    const [envelope] = await pack(context, forward, { mode: 'anon', to: [routingKey] });
    if (envelope === undefined) throw new WaypostError('ERR_NO_COMMON_CURVE', 'a forward could not be packed');
    wrapped = envelope.packed;
    next = didOf(routingKey);
  }
  return wrapped;
}

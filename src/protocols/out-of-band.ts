import { fromBase64url, toBase64url } from '../core/base64url.js';
import { utf8 } from '../core/bytes.js';
import { quote, WaypostError } from '../core/errors.js';
import { type JsonObject, parseJsonObject } from '../core/json.js';
import type { Attachment } from '../envelope/attachment.js';
import { isDidWithoutFragment } from '../envelope/did-url.js';
import { readPlaintext } from '../envelope/message.js';
import { bodyOf } from './body.js';
import { parseMessageType } from './message-type.js';
import type { Protocol } from './protocol.js';

/** Out-Of-Band Messages 2.0 (DIDComm v2.1, "Out Of Band Messages"). */
const OUT_OF_BAND = 'https://didcomm.org/out-of-band/2.0';

export interface Invitation {
  /** Becomes the `pthid` of every answer. */
  readonly id: string;
  readonly from: string;
  readonly goalCode?: string;
  readonly goal?: string;
  readonly accept?: readonly string[];
  /** Alternative first messages of a protocol that the inviter wants to have. */
  readonly attachments?: readonly Attachment[];
}

/** An invitation travels as a QR code or in a URL. */
const LIMITS = { maxBytes: 64 * 1024, maxDepth: 32 };
const PARAMETER = '_oob';

/** `https://host/path?_oob=...`; `base` may also be `didcomm://`, which phones hand to an agent. */
export function invitationUrl(invitation: Invitation, base: string): string {
  const { id, from, goalCode, goal, accept, attachments } = invitation;
  const message = {
    typ: 'application/didcomm-plain+json',
    type: `${OUT_OF_BAND}/invitation`,
    id,
    from,
    body: {
      ...(goalCode === undefined ? {} : { goal_code: goalCode }),
      ...(goal === undefined ? {} : { goal }),
      ...(accept === undefined ? {} : { accept }),
    },
    ...(attachments === undefined ? {} : { attachments }),
  };
  return `${base}${base.includes('?') ? '&' : '?'}${PARAMETER}=${toBase64url(utf8(JSON.stringify(message)))}`;
}

/**
 * Reads an invitation from its URL, from the bare value of `_oob`, or from its JSON. Padding and the other alphabet of
 * base64, which some agents write, are accepted. Throws ERR_MESSAGE_MALFORMED, ERR_TOO_LARGE, ERR_BASE64URL,
 * ERR_JSON_MALFORMED.
 */
export function parseInvitation(text: string): Invitation {
  const trimmed = text.trim();
  if (trimmed.length > LIMITS.maxBytes * 2) {
    const limit = `the limit is ${LIMITS.maxBytes * 2}`;
    throw new WaypostError('ERR_TOO_LARGE', `an invitation has ${trimmed.length} characters, ${limit}`);
  }
  const json = trimmed.startsWith('{') ? utf8(trimmed) : decode(parameterOf(trimmed));
  return readInvitation(parseJsonObject(json, LIMITS, 'an invitation'));
}

function parameterOf(text: string): string {
  const at = text.search(/[?&]_oob=/);
  if (at < 0) return text;
  const value = text.slice(at + PARAMETER.length + 2);
  return decodeURIComponentOr(value.split(/[&#]/)[0] ?? '');
}

function decodeURIComponentOr(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function decode(text: string): Uint8Array {
  const canonical = text
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/={1,2}$/, '');
  return fromBase64url(canonical, 'an invitation');
}

function readInvitation(value: JsonObject): Invitation {
  const message = readPlaintext(value, []);
  const { protocol, major, name } = parseMessageType(message.type);
  if (protocol !== 'outofband' || major !== 2 || name !== 'invitation') {
    throw new WaypostError('ERR_MESSAGE_MALFORMED', `${quote(message.type)} is not an invitation of Out-Of-Band 2.0`);
  }
  if (!isDidWithoutFragment(message.from)) {
    throw new WaypostError('ERR_MESSAGE_MALFORMED', 'an invitation does not say who it is from');
  }
  const { goal_code, goal, accept } = bodyOf(message);
  return {
    id: message.id,
    from: message.from,
    ...(typeof goal_code === 'string' ? { goalCode: goal_code } : {}),
    ...(typeof goal === 'string' ? { goal } : {}),
    ...(Array.isArray(accept) ? { accept: accept.filter((item) => typeof item === 'string') } : {}),
    ...(message.attachments === undefined ? {} : { attachments: message.attachments }),
  };
}

/** This station gives invitations out and takes none from the network: whoever operates it decides whom to follow. */
export function createOutOfBand(): Protocol {
  return { piuri: OUT_OF_BAND, roles: ['sender'], handle: async () => undefined };
}

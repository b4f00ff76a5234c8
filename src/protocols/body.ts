import { quote, WaypostError } from '../core/errors.js';
import { isJsonObject, type JsonObject } from '../core/json.js';
import { didOf, isDid } from '../envelope/did-url.js';
import type { PlaintextMessage } from '../envelope/message.js';

/*
 * Members of message bodies from outside. Each function throws ERR_MESSAGE_MALFORMED with the name of the member.
 */

export function bodyOf(message: PlaintextMessage): JsonObject {
  return message.body ?? {};
}

/** An array of objects with at most `limit` entries. */
export function objectsIn(body: JsonObject, member: string, limit: number): readonly JsonObject[] {
  const value = body[member];
  if (!Array.isArray(value) || !value.every(isJsonObject)) throw malformed(`${member} is not an array of objects`);
  return limited(value, member, limit);
}

/** An array of texts with at most `limit` entries. */
export function textsIn(body: JsonObject, member: string, limit: number): readonly string[] {
  const value = body[member];
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
    throw malformed(`${member} is not an array of texts`);
  }
  return limited(value, member, limit);
}

/** The DID in a member, which may be missing. A key of a DID stands for its DID. */
export function didIn(body: JsonObject, member: string): string | undefined {
  const value = body[member];
  if (value === undefined || value === null) return undefined;
  const did = typeof value === 'string' ? didOf(value) : undefined;
  if (!isDid(did)) throw malformed(`${member} is ${quote(value)}, not a DID`);
  return did;
}

/** A whole number of 0 or more, which may be missing. Some agents write it as text. */
export function countIn(body: JsonObject, member: string): number | undefined {
  const value = body[member];
  if (value === undefined || value === null) return undefined;
  const count = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 0) {
    throw malformed(`${member} is ${quote(value)}, not a count`);
  }
  return count;
}

export function booleanIn(body: JsonObject, member: string): boolean | undefined {
  const value = body[member];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'boolean') throw malformed(`${member} is ${quote(value)}, not true or false`);
  return value;
}

function limited<T>(list: readonly T[], member: string, limit: number): readonly T[] {
  if (list.length <= limit) return list;
  throw new WaypostError('ERR_TOO_LARGE', `${member} has ${list.length} entries, the limit is ${limit}`);
}

function malformed(why: string): WaypostError {
  return new WaypostError('ERR_MESSAGE_MALFORMED', `the body is malformed: ${why}`);
}

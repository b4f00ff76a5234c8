import { toHex, utf8 } from '../../../core/bytes.js';
import type { Primitives } from '../../../crypto/primitives.js';

/** Content on its way to the next station, and how its receipts name it. */
export interface Parcel {
  /** The `next` of the forward. */
  readonly next: string;
  /** A packed message, JSON. */
  readonly content: string;
  /** 64 hexadecimal digits. */
  readonly sha256: string;
}

/** A station hashes what it passes on: JSON as it is written without spaces. */
export function toParcel(primitives: Primitives, next: string, content: string): Parcel {
  const sha256 = toHex(primitives.sha256(utf8(JSON.stringify(JSON.parse(content)))));
  return { next, content, sha256 };
}

import { toHex, utf8 } from '../core/bytes.js';
import type { Primitives } from '../crypto/primitives.js';
import { didOf } from '../envelope/did-url.js';
import type { Correspondent } from './correspondent.js';
import type { Letter } from './send.js';

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

type Packing = Pick<Correspondent, 'envelopes' | 'primitives'>;

/** What the outermost mediator of the first route passes on. Throws what packing throws. */
export async function parcelBehind({ envelopes, primitives }: Packing, letter: Letter): Promise<Parcel> {
  const [, ...rest] = letter.routes[0].routingKeys;
  const content = await envelopes.wrapForward(letter.packed, { next: letter.to, routingKeys: rest });
  return toParcel(primitives, didOf(rest[0] ?? letter.to), content);
}

/**
 * What the mediator of a mailbox passes on, for a recipient of its own or to the mediator of another one. Throws what packing
 * throws.
 */
export async function parcelForMediator(correspondent: Correspondent, letter: Letter): Promise<Parcel> {
  const { envelopes, primitives } = correspondent;
  const { to, packed, routes } = letter;
  const { routingKeys } = routes[0];
  const [outermost] = routingKeys;
  if (isForOwnMediator(correspondent, letter)) return parcelBehind(correspondent, letter);
  const content = await envelopes.wrapForward(packed, { next: to, routingKeys });
  return toParcel(primitives, didOf(outermost ?? to), content);
}

/** Whether the recipient has its mailbox at the mediator of the sender. */
export function isForOwnMediator(
  { resolver, mediator }: Pick<Correspondent, 'resolver' | 'mediator'>,
  { routes }: Pick<Letter, 'routes'>,
): boolean {
  const [outermost] = routes[0].routingKeys;
  return outermost !== undefined && resolver.canonical(didOf(outermost)) === mediator.did;
}

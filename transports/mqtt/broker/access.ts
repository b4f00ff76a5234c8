import { createHash, timingSafeEqual } from 'node:crypto';
import { BoundedCache } from '../../../src/core/bounded-cache.js';
import { Slots } from '../../../src/core/slots.js';
import { covers } from './filters.js';
import { isPassword } from './password.js';

/** Somebody who may use the broker. */
export interface BrokerUser {
  readonly name: string;
  /** As `hashPassword` gives it. */
  readonly passwordHash: string;
  /** Topic filters; in them %u stands for the name and %c for the client identifier. */
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

type Rights = Pick<BrokerUser, 'publish' | 'subscribe'>;

const CHECKS_AT_ONCE = 2;
const MAX_REMEMBERED = 1000;
/** Checked for names that nobody has, so that it takes as long: the hash of nothing that anybody knows. */
const NOBODY = 'scrypt:16384:8:1:AAAAAAAAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
/** What a client identifier or name may have in it to stand in a topic. */
const ONE_LEVEL = /^[^/+#$\0][^/+#\0]{0,200}$/;

/** Who may come, and what they may do. */
export class Access {
  readonly #users: ReadonlyMap<string, BrokerUser>;
  readonly #anonymous: Rights | undefined;
  /** A password costs 40 ms to check, and all devices come back at once after a power cut. */
  readonly #slots = new Slots(CHECKS_AT_ONCE);
  readonly #verified = new BoundedCache<string, Uint8Array>(MAX_REMEMBERED);

  constructor(users: readonly BrokerUser[], anonymous: Rights | undefined) {
    this.#users = new Map(users.map((user) => [user.name, user]));
    this.#anonymous = anonymous;
  }

  async mayConnect(name: string | undefined, password: Uint8Array | undefined): Promise<boolean> {
    if (name === undefined) return this.#anonymous !== undefined;
    const user = this.#users.get(name);
    const digest = createHash('sha256')
      .update(password ?? '')
      .digest();
    const known = this.#verified.get(name);
    if (known !== undefined && timingSafeEqual(known, digest)) return true;
    await this.#slots.take();
    try {
      const isRight = await isPassword(password ?? new Uint8Array(), user?.passwordHash ?? NOBODY);
      if (isRight && user !== undefined) this.#verified.set(name, digest);
      return isRight && user !== undefined;
    } finally {
      this.#slots.giveBack();
    }
  }

  may(action: 'publish' | 'subscribe', name: string | undefined, clientId: string, filter: string): boolean {
    const rights = name === undefined ? this.#anonymous : this.#users.get(name);
    return rights?.[action].some((allowed) => covers(fillIn(allowed, name ?? '', clientId), filter)) ?? false;
  }
}

/** A name with a wildcard in it would be a right that nobody gave: it fills in nothing, and the filter matches nothing. */
function fillIn(filter: string, name: string, clientId: string): string {
  return filter
    .replaceAll('%u', () => (ONE_LEVEL.test(name) ? name : '\0'))
    .replaceAll('%c', () => (ONE_LEVEL.test(clientId) ? clientId : '\0'));
}

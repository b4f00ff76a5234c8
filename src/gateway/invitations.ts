import { utf8 } from '../core/bytes.js';
import type { DeviceClock } from '../core/clock.js';
import { parseJsonObject } from '../core/json.js';
import type { Primitives } from '../crypto/primitives.js';
import { newMessageId } from '../envelope/message.js';
import { INVITATIONS } from '../protocols/mediation/spaces.js';
import { type Invitation, invitationUrl } from '../protocols/out-of-band.js';
import type { MessageStore } from '../store/message-store.js';

export interface InviteOptions {
  /** What stands before `?_oob=`, such as the public URL. Default: `didcomm://`. */
  readonly base?: string;
  /** For people, shown by their agent. */
  readonly goal?: string;
  /** How long it admits anybody; a restart of the machine ends it too. Default: until it is revoked. */
  readonly validMs?: number;
}

export interface CreatedInvitation {
  readonly invitation: Invitation;
  readonly url: string;
}

const GOAL_CODE = 'request-mediate';
const MAX_GOAL_CHARS = 200;
const RECORD_LIMITS = { maxBytes: 1024, maxDepth: 2 };

/** Invitations to use this station as a mediator. Any number of agents may follow one, until it is revoked. */
export class Invitations {
  readonly #store: Pick<MessageStore, 'get' | 'transact'>;
  readonly #primitives: Primitives;
  readonly #clock: DeviceClock;

  constructor(store: Pick<MessageStore, 'get' | 'transact'>, primitives: Primitives, clock: DeviceClock) {
    this.#store = store;
    this.#primitives = primitives;
    this.#clock = clock;
  }

  /** Its id is known durably when it resolves. */
  async create(from: string, { base = 'didcomm://', goal, validMs }: InviteOptions): Promise<CreatedInvitation> {
    const invitation: Invitation = {
      id: newMessageId(this.#primitives),
      from,
      goalCode: GOAL_CODE,
      ...(goal === undefined ? {} : { goal: goal.slice(0, MAX_GOAL_CHARS) }),
      accept: ['didcomm/v2'],
    };
    // By the clock that nobody can set: the other one may jump by years when the network comes.
    const end = validMs === undefined ? {} : { bootId: this.#clock.bootId, endMs: this.#clock.monotonicMs() + validMs };
    const value = utf8(JSON.stringify({ createdAtMs: this.#clock.nowMs(), ...end }));
    await this.#store.transact([{ kind: 'set', space: INVITATIONS, key: invitation.id, value }]);
    return { invitation, url: invitationUrl(invitation, base) };
  }

  async revoke(id: string): Promise<void> {
    await this.#store.transact([{ kind: 'delete', space: INVITATIONS, key: id }]);
  }

  async isValid(id: string): Promise<boolean> {
    const value = isKey(id) ? await this.#store.get(INVITATIONS, id) : undefined;
    if (value === undefined) return false;
    const { bootId, endMs } = parseJsonObject(value, RECORD_LIMITS, 'an invitation of ours');
    return endMs === undefined || (bootId === this.#clock.bootId && this.#clock.monotonicMs() < Number(endMs));
  }
}

/** Ids come from outside as any text. */
function isKey(id: string): boolean {
  return /^[\x20-\x7e]{1,200}$/.test(id);
}

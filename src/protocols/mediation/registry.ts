import { BoundedCache } from '../../core/bounded-cache.js';
import { WaypostError } from '../../core/errors.js';
import { Mutex } from '../../core/mutex.js';
import { Bell } from '../../router/bell.js';
import type { MessageStore, Operation, Page } from '../../store/message-store.js';
import type { Sender } from '../protocol.js';
import { Draft, decode, Entries } from './entries.js';
import type {
  Account,
  AccountSummary,
  Mailbox,
  MediationLimits,
  Registration,
  RegistrationChange,
  RegistrationResult,
  RemovedAccount,
} from './records.js';
import { planRemoval } from './removal.js';
import { planRotation } from './rotation.js';
import { ACCOUNTS, OWNED, REGISTRATIONS, ROTATIONS, SOURCES } from './spaces.js';
import { latestOf, planUpdate } from './update.js';

const CACHED_MAILBOX_LISTS = 1000;

interface RegistryOptions {
  readonly store: Pick<MessageStore, 'get' | 'entries' | 'transact' | 'status'>;
  readonly limits: MediationLimits;
  /** What is written together with a new account. */
  readonly withAccount?: ((holder: Sender) => Promise<readonly Operation[]>) | undefined;
}

/**
 * Who is served here: accounts, the recipient DIDs that they registered, and which DID came after which.
 * All DIDs are canonical. Changes happen one after the other and durably; reading needs no lock.
 */
export class Registry {
  /** Rings for an account whose mailboxes changed, and for {@link anyChange} with each of them. */
  readonly changes = new Bell();
  readonly anyChange = '*';
  readonly #entries: Entries;
  readonly #options: RegistryOptions;
  readonly #mutex = new Mutex();
  #mailboxes = new BoundedCache<string, readonly Mailbox[]>(CACHED_MAILBOX_LISTS);

  constructor(options: RegistryOptions) {
    this.#entries = new Entries(options.store);
    this.#options = options;
  }

  async hasAccount(did: string): Promise<boolean> {
    return (await this.#entries.get(ACCOUNTS, did)) !== undefined;
  }

  /**
   * Where messages for `recipient` go, and the condition under which that is still so when they are stored; undefined
   * when it is not registered.
   */
  async destinationOf(recipient: string): Promise<{ queue: string; condition: Operation } | undefined> {
    const found = await this.#entries.get<Registration>(REGISTRATIONS, recipient);
    if (found === undefined || found.value.isClosed) return undefined;
    const condition = { kind: 'require', space: REGISTRATIONS, key: recipient, value: found.bytes } as const;
    return { queue: found.value.queue, condition };
  }

  /** Who a message for `recipient` is fetched by; undefined when it is not registered, or not any more. */
  async recipientOf(recipient: string): Promise<{ isProven: boolean; isDeliveryWithheld: boolean } | undefined> {
    const registration = (await this.#entries.get<Registration>(REGISTRATIONS, recipient))?.value;
    if (registration === undefined || registration.isClosed) return undefined;
    const account = await this.#entries.get<Account>(ACCOUNTS, registration.account);
    return { isProven: registration.isProven, isDeliveryWithheld: account?.value.isDeliveryWithheld ?? false };
  }

  /**
   * Whether others may be told what became of messages for the recipients of an account. Throws ERR_NOT_ALLOWED for somebody
   * without one.
   */
  async setDeliveryWithheld(account: string, isDeliveryWithheld: boolean): Promise<void> {
    await this.#change(async (draft) => {
      const present = await draft.get<Account>(ACCOUNTS, account);
      if (present === undefined) {
        throw new WaypostError('ERR_NOT_ALLOWED', 'preferences are for those who were granted mediation');
      }
      draft.set(ACCOUNTS, account, { ...present, isDeliveryWithheld } satisfies Account);
      return [];
    });
  }

  /** What `did` may fetch: what its account registered, and what waits for itself, whoever registered it. */
  async mailboxesOf(did: string): Promise<readonly Mailbox[]> {
    const cached = this.#mailboxes.get(did);
    if (cached !== undefined) return cached;
    const before = this.#entries.writes;
    const mailboxes: Mailbox[] = [];
    for (const recipient of new Set([...(await this.#entries.keysAfter(OWNED, `${did} `)), did])) {
      const registration = (await this.#entries.get<Registration>(REGISTRATIONS, recipient))?.value;
      if (registration !== undefined && (registration.account === did || recipient === did)) {
        mailboxes.push({ ...registration, recipient });
      }
    }
    if (this.#entries.writes === before) this.#mailboxes.set(did, mailboxes);
    return mailboxes;
  }

  /** Recipient DIDs that messages are taken for, as their accounts spell them, by key in pages. */
  async recipients(page: Page): Promise<{ recipients: readonly string[]; next: Page | undefined }> {
    const { after, limit } = page;
    const query = { space: REGISTRATIONS, limit, ...(after === undefined ? {} : { after }) };
    const entries = await this.#options.store.entries(query);
    const open = entries.flatMap(({ value }) => {
      const registration = decode<Registration>(value);
      return registration.isClosed ? [] : [registration.spelledAs];
    });
    const last = entries.at(-1);
    return {
      recipients: open,
      next: last === undefined || entries.length < limit ? undefined : { after: last.key, limit },
    };
  }

  /** Everybody who was granted mediation, by DID in pages. */
  async accounts({ after, limit }: Page): Promise<readonly AccountSummary[]> {
    const query = { space: ACCOUNTS, limit, ...(after === undefined ? {} : { after }) };
    const entries = await this.#options.store.entries(query);
    return entries.flatMap(({ key, value }) => {
      const account = decode<Account>(value);
      return account === undefined ? [] : [{ did: key, ...account }];
    });
  }

  /** The DID that `did` is now, after all rotations that are known. */
  latest(did: string): Promise<string> {
    return latestOf(new Draft(this.#entries), did);
  }

  /** Makes an account, unless there is one. Throws ERR_RATE_LIMIT when its source has as many as it may. */
  async grant(holder: Sender, source: string): Promise<void> {
    const { did } = holder;
    await this.#change(async (draft) => {
      if ((await draft.get<Account>(ACCOUNTS, did)) !== undefined) return [];
      const count = (await draft.get<number>(SOURCES, source)) ?? 0;
      const { accountsPerSource } = this.#options.limits;
      if (count >= accountsPerSource) {
        throw new WaypostError('ERR_RATE_LIMIT', `${source} has ${count} accounts, the limit is ${accountsPerSource}`);
      }
      draft.set(SOURCES, source, count + 1);
      draft.set(ACCOUNTS, did, { source, registrations: 0 } satisfies Account);
      await this.#addCompanions(draft, holder);
      return [];
    });
  }

  /**
   * Adds and removes recipient DIDs of an account; all of it at once, together with `alongside`. One result for each
   * change, in their order. Throws ERR_NOT_ALLOWED for somebody without an account.
   */
  async update(
    account: string,
    changes: readonly RegistrationChange[],
    alongside: readonly Operation[],
  ): Promise<readonly RegistrationResult[]> {
    let results: readonly RegistrationResult[] = [];
    await this.#change(async (draft) => {
      draft.add(...alongside);
      const plan = await planUpdate(
        { draft, account, limits: this.#options.limits, store: this.#options.store },
        changes,
      );
      results = plan.results;
      return plan.touched;
    });
    return results;
  }

  /** `prior` is `successor` from now on, proven by a `from_prior`: grants, registrations and queues go along. */
  async rotate(prior: string, successor: Sender): Promise<void> {
    const next = successor.did;
    if ((await this.#entries.get<string>(ROTATIONS, prior))?.value === next) return;
    await this.#change(async (draft) => {
      const owned = await this.#entries.keysAfter(OWNED, `${prior} `);
      const touched = await planRotation(draft, prior, next, owned);
      if (touched.length > 0) await this.#addCompanions(draft, successor);
      return touched;
    });
  }

  /**
   * An operator's decision: deletes an account, what it registered and, when `isPurging`, what waits for it. Undefined when
   * there is no such account. Throws ERR_ACCOUNT_IN_USE when something waits. What comes in that very moment stays in its
   * queue, where an operator sees it.
   */
  async remove(account: string, isPurging: boolean): Promise<RemovedAccount | undefined> {
    let removed: RemovedAccount | undefined;
    await this.#change(async (draft) => {
      const owned = await this.#entries.keysAfter(OWNED, `${account} `);
      removed = await planRemoval({ draft, store: this.#options.store }, account, owned, isPurging);
      return removed === undefined ? [] : [account];
    });
    return removed;
  }

  async #addCompanions(draft: Draft, holder: Sender): Promise<void> {
    draft.add(...((await this.#options.withAccount?.(holder)) ?? []));
  }

  async #change(plan: (draft: Draft) => Promise<readonly string[]>): Promise<void> {
    const touched = await this.#mutex.run(async () => {
      const draft = new Draft(this.#entries);
      const accounts = await plan(draft);
      await draft.commit();
      this.#mailboxes = new BoundedCache(CACHED_MAILBOX_LISTS);
      return accounts;
    });
    for (const account of new Set(touched)) this.changes.ring(account);
    if (touched.length > 0) this.changes.ring(this.anyChange);
  }
}

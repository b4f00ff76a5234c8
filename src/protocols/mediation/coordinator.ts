import { isWaypostError } from '../../core/errors.js';
import type { JsonObject } from '../../core/json.js';
import { didOf, isDid } from '../../envelope/did-url.js';
import { bodyOf, countIn, objectsIn } from '../body.js';
import type { Received } from '../protocol.js';
import type { ReplayGuard } from '../replay-guard.js';
import { provenSender } from '../sender.js';
import { type Admission, admits } from './admission.js';
import { MAX_REGISTERED_DID_CHARS, type RegistrationChange, type RegistrationResult } from './records.js';
import type { Registry } from './registry.js';

/** In one request. */
const MAX_UPDATES = 1000;
const MAX_PAGE = 1000;

interface CoordinatorOptions {
  readonly registry: Registry;
  readonly admission: Admission;
  readonly replays: ReplayGuard;
  /** One spelling for each DID, see `DidResolver.canonical`. */
  canonical(did: string): string;
}

/** One line of the answer to an update, in the words of both versions of the protocol. */
interface UpdateResult {
  readonly recipient_did: unknown;
  readonly action: unknown;
  readonly result: RegistrationResult;
}

interface RecipientPage {
  readonly recipients: readonly string[];
  readonly pagination: { readonly count: number; readonly offset: number; readonly remaining: number };
}

/** What versions 2.0 and 3.0 of Coordinate Mediation have in common; they differ in names only. */
export class Coordinator {
  readonly #options: CoordinatorOptions;

  constructor(options: CoordinatorOptions) {
    this.#options = options;
  }

  /** True when mediation is granted. A repeated request is granted again. */
  async grant(received: Received): Promise<boolean> {
    const sender = provenSender(received);
    const { registry, admission } = this.#options;
    if (await registry.hasAccount(sender.did)) return true;
    if (sender.did.length > MAX_REGISTERED_DID_CHARS) return false;
    if (!(await admits(admission, sender.did, received.message))) return false;
    try {
      await registry.grant(sender, received.connection.source);
      return true;
    } catch (error) {
      if (isWaypostError(error, 'ERR_RATE_LIMIT') || isWaypostError(error, 'ERR_STORE_FULL')) return false;
      throw error;
    }
  }

  async update(received: Received): Promise<readonly UpdateResult[]> {
    const sender = provenSender(received);
    const { registry, replays } = this.#options;
    const updates = objectsIn(bodyOf(received.message), 'updates', MAX_UPDATES);
    const changes = updates.map((update) => this.#readChange(update));
    const valid = changes.filter((change) => change !== undefined);
    const results = await replays.once(
      sender.did,
      received.message.id,
      (remember) => registry.update(sender.did, valid, remember),
      () => this.#compare(sender.did, valid),
    );
    const inOrder = results.values();
    return updates.map(({ recipient_did, action }, index) => {
      const result = changes[index] === undefined ? undefined : inOrder.next().value;
      return { recipient_did, action, result: result ?? 'client_error' };
    });
  }

  async list(received: Received): Promise<RecipientPage> {
    const sender = provenSender(received);
    const { paginate } = bodyOf(received.message);
    const page = (paginate ?? {}) as JsonObject;
    const limit = Math.min(countIn(page, 'limit') ?? MAX_PAGE, MAX_PAGE);
    const offset = countIn(page, 'offset') ?? 0;
    const mailboxes = await this.#options.registry.mailboxesOf(sender.did);
    const open = mailboxes.filter(({ account, isClosed }) => account === sender.did && !isClosed);
    const recipients = open.slice(offset, offset + limit).map(({ spelledAs }) => spelledAs);
    const remaining = Math.max(0, open.length - offset - recipients.length);
    return { recipients, pagination: { count: recipients.length, offset, remaining } };
  }

  #readChange({ recipient_did, action }: JsonObject): RegistrationChange | undefined {
    if (action !== 'add' && action !== 'remove') return undefined;
    // A key of a DID is registered as its DID: messages are queued for who can fetch them, not for a key.
    const did = typeof recipient_did === 'string' ? didOf(recipient_did) : undefined;
    if (!isDid(did)) return undefined;
    return { action, recipient: this.#options.canonical(did), spelledAs: did };
  }

  /** The answer to a request that was there before: what of it is so now. Nothing changes. */
  async #compare(did: string, changes: readonly RegistrationChange[]): Promise<readonly RegistrationResult[]> {
    const mailboxes = await this.#options.registry.mailboxesOf(did);
    return changes.map(({ action, recipient }) => {
      const isThere = mailboxes.some((box) => box.recipient === recipient && box.account === did && !box.isClosed);
      return isThere === (action === 'add') ? 'no_change' : 'client_error';
    });
  }
}

import { WaypostError } from '../../core/errors.js';
import { isJsonObject, type JsonObject } from '../../core/json.js';
import { didOf, isDid } from '../../envelope/did-url.js';
import { bodyOf, countIn } from '../body.js';
import { COORDINATE_MEDIATION_2 } from '../coordinate-mediation-2.js';
import { COORDINATE_MEDIATION_3 } from '../coordinate-mediation-3.js';
import type { Reply } from '../protocol.js';
import { type Answer, type Ask, expectAnswer } from './answers.js';

/** What the two versions of Coordinate Mediation call the same things. */
interface Words {
  readonly update: string;
  readonly updated: string;
  readonly query: string;
  readonly list: string;
  /** The member of the list that holds the recipients. */
  readonly recipients: string;
}

const WORDS = {
  [COORDINATE_MEDIATION_3]: {
    update: 'recipient-update',
    updated: 'recipientupdateresponse',
    query: 'recipient-query',
    list: 'recipient',
    recipients: 'dids',
  },
  [COORDINATE_MEDIATION_2]: {
    update: 'keylist-update',
    updated: 'keylistupdateresponse',
    query: 'keylist-query',
    list: 'keylist',
    recipients: 'keys',
  },
} as const satisfies Record<string, Words>;

export type MediationVersion = keyof typeof WORDS;

/** Newest first: the order in which they are tried. */
export const MEDIATION_VERSIONS: readonly MediationVersion[] = [COORDINATE_MEDIATION_3, COORDINATE_MEDIATION_2];

export interface RecipientChange {
  readonly action: 'add' | 'remove';
  readonly recipient_did: string;
}

/** `no_change` counts as success. */
type ChangeResult = 'success' | 'client_error' | 'server_error';

const PAGE = 100;
/** A mediator that always has one more page. */
const MAX_PAGES = 1000;

/** Coordinate Mediation 2.0 or 3.0, the recipient's side. */
export class MediationClient {
  readonly version: MediationVersion;
  readonly #ask: Ask;
  readonly #words: Words;

  constructor(version: MediationVersion, ask: Ask) {
    this.version = version;
    this.#ask = ask;
    this.#words = WORDS[version];
  }

  /**
   * Asks for mediation, which may be asked for again at any time. `invitationId` goes along as `pthid`. Returns the
   * routing DIDs; throws ERR_NOT_ALLOWED when it is denied, ERR_REFUSED, and what `ask` throws.
   */
  async request(invitationId: string | undefined): Promise<readonly string[]> {
    const headers = invitationId === undefined ? {} : { pthid: invitationId };
    const answer = await this.#ask(this.#message('mediate-request', {}, headers));
    if (expectAnswer(answer, 'mediategrant', 'mediatedeny') === 'mediatedeny') {
      throw new WaypostError('ERR_NOT_ALLOWED', 'the mediator denies mediation');
    }
    // A text in 2.0, a list in 3.0; not everybody keeps to it.
    return [bodyOf(answer.message).routing_did].flat().filter(isDid);
  }

  /** One result for each change, in their order. */
  async update(changes: readonly RecipientChange[]): Promise<readonly ChangeResult[]> {
    const answer = await this.#ask(this.#message(this.#words.update, { updates: changes }));
    expectAnswer(answer, this.#words.updated);
    const body = bodyOf(answer.message);
    const results = objects(body.updated ?? body.updates);
    return changes.map((change, index) => {
      const atIndex = results[index];
      const own = isAbout(atIndex, change) ? atIndex : results.find((result) => isAbout(result, change));
      return readResult(own?.result);
    });
  }

  /** All recipients that are registered for us, page by page. Throws ERR_REFUSED when the mediator cannot say. */
  async list(): Promise<readonly string[]> {
    const recipients: string[] = [];
    for (let page = 0; page < MAX_PAGES; page++) {
      const paginate = { limit: PAGE, offset: recipients.length };
      const answer = await this.#ask(this.#message(this.#words.query, { paginate }));
      expectAnswer(answer, this.#words.list);
      const found = this.#readRecipients(answer);
      recipients.push(...found);
      const { pagination } = bodyOf(answer.message);
      // Who does not know pages gives everything at once, each time.
      const remaining = isJsonObject(pagination) ? (countIn(pagination, 'remaining') ?? 0) : 0;
      if (remaining === 0 || found.length === 0) break;
    }
    return recipients;
  }

  #readRecipients(answer: Answer): readonly string[] {
    return objects(bodyOf(answer.message)[this.#words.recipients])
      .map(({ recipient_did }) => recipient_did)
      .filter(isDid);
  }

  #message(name: string, body: JsonObject, headers: Reply['headers'] = {}): Reply {
    return { type: `${this.version}/${name}`, body, headers, mayWait: false };
  }
}

function objects(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function isAbout(result: JsonObject | undefined, change: RecipientChange): boolean {
  const did = result?.recipient_did;
  return typeof did === 'string' && didOf(did) === change.recipient_did && result?.action === change.action;
}

function readResult(result: unknown): ChangeResult {
  if (result === 'success' || result === 'no_change') return 'success';
  return result === 'client_error' ? 'client_error' : 'server_error';
}

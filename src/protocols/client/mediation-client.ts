import { quote, WaypostError } from '../../core/errors.js';
import { isJsonObject } from '../../core/json.js';
import { isDid } from '../../envelope/did-url.js';
import { bodyOf } from '../body.js';
import { COORDINATE_MEDIATION_2 } from '../coordinate-mediation-2.js';
import { COORDINATE_MEDIATION_3 } from '../coordinate-mediation-3.js';
import type { Received } from '../protocol.js';
import type { Exchange } from './exchange.js';

export type MediationVersion = '2.0' | '3.0';

interface RecipientChange {
  readonly did: string;
  readonly action: 'add' | 'remove';
}

/** The client's side of Coordinate Mediation. Both versions differ in names only. */
export class MediationClient {
  readonly #exchange: Exchange;
  readonly #version: MediationVersion;

  constructor(exchange: Exchange, version: MediationVersion) {
    this.#exchange = exchange;
    this.#version = version;
  }

  /**
   * Asks to be served; gives the routing DIDs. `invitationId` is for a mediator that wants to see one.
   * Throws ERR_REFUSED when mediation is denied.
   */
  async request(invitationId?: string): Promise<readonly string[]> {
    const answer = await this.#exchange.request({
      type: this.#type('mediate-request', 'mediate-request'),
      body: {},
      headers: invitationId === undefined ? {} : { pthid: invitationId },
    });
    if (answer.type.name !== 'mediategrant') throw refused(answer, 'mediation');
    // A text in one version and a list in the other; some mediators mix them up.
    const routingDids = [bodyOf(answer.message).routing_did].flat().filter(isDid);
    if (routingDids.length > 0) return routingDids;
    throw new WaypostError('ERR_MESSAGE_MALFORMED', 'mediation was granted without a routing DID');
  }

  /** Registers and removes recipients; gives the DIDs for which that failed. */
  async update(changes: readonly RecipientChange[]): Promise<readonly string[]> {
    const answer = await this.#exchange.request({
      type: this.#type('keylist-update', 'recipient-update'),
      body: { updates: changes.map(({ did, action }) => ({ recipient_did: did, action })) },
    });
    const { updated, updates } = bodyOf(answer.message);
    const results = updated ?? updates; // the second is what one mediator in the field says
    if (!Array.isArray(results)) throw refused(answer, 'registering recipients');
    const done = new Set<unknown>();
    for (const entry of results) {
      if (isJsonObject(entry) && (entry.result === 'success' || entry.result === 'no_change')) {
        done.add(entry.recipient_did);
      }
    }
    return changes.map(({ did }) => did).filter((did) => !done.has(did));
  }

  #type(in2: string, in3: string): string {
    return this.#version === '2.0' ? `${COORDINATE_MEDIATION_2}/${in2}` : `${COORDINATE_MEDIATION_3}/${in3}`;
  }
}

function refused({ message }: Received, what: string): WaypostError {
  const code = bodyOf(message).code;
  const why = typeof code === 'string' ? ` with problem ${quote(code)}` : '';
  return new WaypostError('ERR_REFUSED', `${what} was answered by ${quote(message.type)}${why}`);
}

import { asSeenBySender, type Perspective } from '../../../mailbox/perspective.js';
import type { CustodyReceipt, ToldOf } from '../../../protocols/client/custody-client.js';

/** Something new about where a message is, signed by a station. */
export interface Sighting {
  /** The DID of the station that says so. */
  readonly station: string;
  readonly told: ToldOf;
  /** When it came to be so, by the clock here; milliseconds since 1970 UTC. */
  readonly sinceMs: number;
  /** The signed statement, a JSON JWS. */
  readonly proof: unknown;
}

/** Passes on each thing that is learnt, once. */
export class Sightings {
  readonly #seen = new Set<string>();
  readonly #canonical: (did: string) => string;
  readonly #nowMs: () => number;
  readonly #report: (sighting: Sighting) => void;

  constructor(canonical: (did: string) => string, nowMs: () => number, report: (sighting: Sighting) => void) {
    this.#canonical = canonical;
    this.#nowMs = nowMs;
    this.#report = report;
  }

  /** Whether anything was learnt at all. */
  get isEmpty(): boolean {
    return this.#seen.size === 0;
  }

  /** What the receipt says of the one message that it is about; undefined when it is about another one. */
  note(
    receipt: CustodyReceipt,
    sha256: string,
    { station, next, recipient }: Perspective & { readonly station: string },
  ): ToldOf | undefined {
    const entry = receipt.messages.find((message) => message.sha256 === sha256);
    if (entry === undefined) return undefined;
    const told = asSeenBySender(entry, { next, recipient }, this.#canonical);
    const key = JSON.stringify([station, told.state, 'to' in told ? told.to : undefined]);
    if (!this.#seen.has(key)) {
      this.#seen.add(key);
      const sinceMs = this.#nowMs() - ('seconds' in told ? told.seconds * 1000 : 0);
      this.#report({ station, told, sinceMs, proof: receipt.proof });
    }
    return told;
  }
}

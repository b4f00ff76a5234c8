import { isWaypostError } from '../../../core/errors.js';
import { isDeclined } from '../../../gateway/upstream/line.js';
import type { Correspondent } from '../../../mailbox/correspondent.js';
import { dialMediator } from '../../../mailbox/dial-mediator.js';
import type { Parcel } from '../../../mailbox/parcel.js';
import { pause } from '../../../mailbox/persistently.js';
import { openSession, type Session } from '../../../mailbox/session.js';
import { CustodyClient } from '../../../protocols/client/custody-client.js';
import type { Whereabouts } from '../../../protocols/receipts/whereabouts.js';
import { endOf, type WatchEnd } from './ends.js';
import type { FarMediator } from './far-mediator.js';
import type { Sightings } from './sightings.js';

interface StationsOptions {
  /** Who gives the parcel to its mediator and asks for receipts there. */
  readonly asks: Correspondent;
  readonly parcel: Parcel;
  readonly recipient: string;
  readonly sightings: Sightings;
  readonly signal: AbortSignal;
  /** The mediator that the parcel is for, where there is one that may give receipts too. */
  readonly far?: FarMediator;
}

/** A message on its way. */
interface Watch {
  /**
   * On one connection: until something final is known, or undefined when the time is over. `not-spoken`: the mediator gives
   * no receipts, and was given nothing. Throws what the connection throws; then it may be called again.
   */
  attempt(): Promise<WatchEnd | 'not-spoken' | undefined>;
  /** Leaves nothing behind. Never throws. */
  end(): Promise<void>;
}

/** Between two questions: soon at first, because most messages are fetched at once or much later. */
const PAUSES_MS = [300, 500, 1000, 2000, 3000, 5000];

export function watchStations(options: StationsOptions): Watch {
  const { asks, parcel, recipient, sightings, signal, far } = options;
  const { envelopes, resolver, mediator } = asks;
  const verifier = { envelopes, canonical: (did: string) => resolver.canonical(did) };
  let ticket: string | undefined;
  let isHandedOn = false;

  /** What the mediator says today. The first time it is given the parcel. */
  const look = async (client: CustodyClient): Promise<Whereabouts | undefined> => {
    const attachments = [{ data: { json: JSON.parse(parcel.content) } }];
    const receipt = ticket === undefined ? await client.forward(parcel.next, attachments) : await client.status(ticket);
    ticket = receipt.ticket;
    return sightings.note(receipt, parcel.sha256, { station: mediator.spelledAs, next: parcel.next, recipient });
  };

  const watchOn = async (session: Session): Promise<WatchEnd | 'not-spoken' | undefined> => {
    const client = new CustodyClient((request) => session.line.ask(request), mediator.did, verifier);
    if (ticket === undefined && !(await isSpoken(client, session))) return 'not-spoken';
    await far?.begin(session);
    for (let round = 0; !signal.aborted; round++) {
      if (!isHandedOn) {
        const told = await look(client);
        isHandedOn = told?.state === 'handed-on';
        const end = endOf(told);
        if (end !== undefined && !(isHandedOn && far !== undefined)) return end;
      }
      const end = await far?.look(session, isHandedOn);
      if (end !== undefined) return end;
      await pause(asks.scheduler, PAUSES_MS[Math.min(round, PAUSES_MS.length - 1)] ?? 0, signal);
    }
    return undefined;
  };

  const attempt = async () => {
    await using session = openSession(asks, await dialMediator(asks, signal));
    return await watchOn(session);
  };
  const end = async () => {
    if (far === undefined) return;
    try {
      await using session = openSession(asks, await dialMediator(asks));
      await far.end(session);
    } catch (error) {
      if (!isWaypostError(error)) throw error; // a mediator that is away keeps a registration that harms nobody
    }
  };
  return { attempt, end };
}

async function isSpoken(client: CustodyClient, { line }: Session): Promise<boolean> {
  try {
    return await client.isSpoken();
  } catch (error) {
    if (isDeclined(error, line)) return false;
    throw error;
  }
}

import { isWaypostError, WaypostError } from '../../../core/errors.js';
import { createDid } from '../../../did/create.js';
import { didOf } from '../../../envelope/did-url.js';
import type { Correspondent } from '../../../mailbox/correspondent.js';
import { parcelBehind, toParcel } from '../../../mailbox/parcel.js';
import { persistently } from '../../../mailbox/persistently.js';
import { composeText, type Letter, packLetter, sendLetter } from '../../../mailbox/send.js';
import { createCorrespondent } from '../correspondent.js';
import type { Mailbox } from '../open-mailbox.js';
import type { WatchEnd } from './ends.js';
import { FarMediator } from './far-mediator.js';
import { type Sighting, Sightings } from './sightings.js';
import { watchStations } from './stations.js';

export interface WatchOptions {
  readonly mailbox: Mailbox;
  readonly correspondent: Correspondent;
  readonly allowAddress: readonly string[];
  readonly to: string;
  readonly text: string;
  /** Ends the watching; the message goes on. */
  readonly signal: AbortSignal;
  onSighting(sighting: Sighting): void;
}

/**
 * Sends a text as `sendText` does and watches it on its way: what the sender's mediator says of it, and behind that one the
 * recipient's. Each connection that breaks is made again, and the message is sent again until it is known to be on disk; a
 * station stores it once.
 *
 * Whoever asks for receipts has to be somebody. The recipient's mediator sees a DID that was made for this one message,
 * so that it learns no more of the sender than from an anonymous forward. Throws ERR_NETWORK (retryable) when nothing
 * could be sent in time, ERR_SIGNER_MISMATCH for a receipt that is not the station's, and what sending throws.
 */
export async function watchText(options: WatchOptions): Promise<{ id: string; end: WatchEnd }> {
  const { correspondent, to, text, signal } = options;
  const letter = await packLetter(correspondent, to, composeText(correspondent, to, text));
  const canonical = (did: string): string => correspondent.resolver.canonical(did);
  const sightings = new Sightings(canonical, () => correspondent.clock.nowMs(), options.onSighting);
  const [outermost] = letter.routes[0].routingKeys;
  const isNear = outermost !== undefined && canonical(didOf(outermost)) === correspondent.mediator.did;
  await using once = await createOneTime(options, !isNear);
  const watch = isNear
    ? watchStations({ asks: once, sightings, signal, parcel: await parcelBehind(once, letter), recipient: to })
    : await farWatch(correspondent, once, letter, sightings, signal);
  const attempt = async (): Promise<WatchEnd | undefined> => {
    const end = await watch.attempt();
    if (end !== 'not-spoken') return end;
    await sendLetter(correspondent, letter);
    return 'untold';
  };
  try {
    const end = await persistently(attempt, { ...correspondent, signal });
    if (end === undefined && sightings.isEmpty) {
      throw new WaypostError(
        'ERR_NETWORK',
        'the gateway gave no receipt in time; whether it has the message is not known',
        {
          retryable: true,
        },
      );
    }
    return { id: letter.id, end: end ?? 'late' };
  } catch (error) {
    // It does not pass messages on, or not to there: then there may be another way, without receipts.
    if (!isWaypostError(error, 'ERR_REFUSED') || !sightings.isEmpty) throw error;
    await sendLetter(correspondent, letter);
    return { id: letter.id, end: 'untold' };
  } finally {
    await watch.end();
  }
}

/** Somebody for one message, who is reached through the mediator of the mailbox or not at all. */
async function createOneTime(options: WatchOptions, isReached: boolean): Promise<Correspondent> {
  const { mailbox, correspondent, allowAddress } = options;
  const { clock, scheduler, logger, primitives, mediator } = correspondent;
  const services = isReached ? [{ t: 'dm', s: { uri: mediator.spelledAs, a: ['didcomm/v2'] } }] : [];
  const { did, secrets } = createDid(primitives, { method: 'peer2', services });
  const own = { did, secrets, publicUrls: [], fromPrior: [] };
  return createCorrespondent({ mailbox: { ...mailbox, own }, allowAddress, clock, scheduler, logger });
}

/** For a recipient elsewhere: the own mediator passes on what another one is to open, or the recipient itself. */
async function farWatch(
  correspondent: Correspondent,
  once: Correspondent,
  letter: Letter,
  sightings: Sightings,
  signal: AbortSignal,
) {
  const { to, packed, routes } = letter;
  const [outermost] = routes[0].routingKeys;
  const common = { asks: correspondent, sightings, signal, recipient: to };
  if (outermost === undefined)
    return watchStations({ ...common, parcel: toParcel(correspondent.primitives, to, packed) });
  const far = new FarMediator({
    account: correspondent,
    once,
    station: didOf(outermost),
    parcel: await parcelBehind(once, letter),
    recipient: to,
    sightings,
  });
  const outer = await far.packForward();
  return watchStations({ ...common, parcel: toParcel(once.primitives, didOf(outermost), outer), far });
}

import { WaypostError } from '../../core/errors.js';
import { MediationClient, type MediationVersion } from '../../protocols/client/mediation-client.js';
import { type Delivery, PickupClient, type PickupVersion } from '../../protocols/client/pickup-client.js';
import { isDeclined, type Line } from './line.js';
import { readVersions, UNDISCLOSED, VERSIONS_QUERY, type Versions } from './versions.js';

export interface Enrolment {
  readonly mediation: MediationClient;
  readonly routingDids: readonly string[];
  /** For pickup, which is settled by its first request. */
  readonly versions: Versions;
}

/** What a mediator is known to speak is tried first: after an outage nobody wants to wait for answers that never come. */
export interface SpokenVersions {
  versions?: Versions | undefined;
  mediation?: MediationVersion | undefined;
  pickup?: PickupVersion | undefined;
}

/**
 * Becomes a client of the mediator: finds out what it speaks and asks for mediation. Throws ERR_NOT_ALLOWED when mediation
 * is denied, and what the last version that was tried failed with.
 */
export async function enrol(line: Line, known: SpokenVersions, invitationId: string | undefined): Promise<Enrolment> {
  const versions = known.versions ?? (await discover(line));
  const [mediation, routingDids] = await firstOf(line, first(known.mediation, versions.mediation), async (version) => {
    const client = new MediationClient(version, (request) => line.ask(request));
    return [client, await client.request(invitationId)] as const;
  });
  known.versions = versions;
  known.mediation = mediation.version;
  return { mediation, routingDids, versions };
}

/** The pickup client of a version that the mediator answers to, and the first delivery. */
export async function beginPickup(
  line: Line,
  known: SpokenVersions,
  versions: Versions,
  limitMessages: number,
): Promise<readonly [PickupClient, Delivery]> {
  const begun = await firstOf(line, first(known.pickup, versions.pickup), async (version) => {
    const client = new PickupClient(
      version,
      (request) => line.ask(request),
      (message) => line.tell(message),
    );
    return [client, await client.deliver(limitMessages)] as const;
  });
  known.pickup = begun[0].version;
  return begun;
}

async function discover(line: Line): Promise<Versions> {
  try {
    return readVersions(await line.ask(VERSIONS_QUERY));
  } catch (error) {
    if (isDeclined(error, line)) return UNDISCLOSED;
    throw error;
  }
}

async function firstOf<V, T>(line: Line, versions: readonly V[], tryOne: (version: V) => Promise<T>): Promise<T> {
  let failure: WaypostError | undefined;
  for (const version of versions) {
    try {
      return await tryOne(version);
    } catch (error) {
      if (!isDeclined(error, line)) throw error;
      // What may still succeed is what to go by: one version unknown and the other unanswered is an outage.
      if (failure === undefined || error.retryable) failure = error;
    }
  }
  throw failure ?? new WaypostError('ERR_INTERNAL', 'there is no version to try');
}

function first<V>(preferred: V | undefined, all: readonly V[]): readonly V[] {
  return preferred === undefined ? all : [preferred, ...all.filter((version) => version !== preferred)];
}

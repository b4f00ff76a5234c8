import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, acknowledge, fetchFor } from './agent.js';
import type { Remote } from './over-http.js';
import { newIdentity } from './station.js';

/** An event as it reached an agent. */
interface CollectedEvent {
  readonly eventID: string;
  readonly device: string;
  readonly epoch: number;
  readonly counter: number;
  /** SHA-256 of the frame that it was made of, base64url. */
  readonly frameHash: string;
  /** How many values it reports. */
  readonly reports: number;
}

interface Element {
  readonly sensorMetadata: { readonly rawData: string };
  readonly sensorReport: readonly unknown[];
}

interface EventDocument {
  readonly epcisBody: {
    readonly eventList: readonly { readonly eventID: string; readonly sensorElementList: readonly Element[] }[];
  };
}

/** A supply-chain agent behind a mediator: it fetches readings there, and keeps each event once. */
export class CollectingAgent {
  readonly agent: Agent;
  /** In the order in which they came first; repetitions are left out. */
  readonly events: CollectedEvent[] = [];
  /** How often an event came that was there already. */
  repeated = 0;
  readonly #ids = new Set<string>();
  readonly #random: () => number;

  /** Its DID says that `mediator` has its mailbox. */
  constructor(mediator: string, random: () => number) {
    this.agent = new Agent(newIdentity(mediator));
    this.#random = random;
  }

  /** Fetches, whenever the mediator is there, until `isOver`. Some it forgets to acknowledge, and gets again. */
  async collect(mediator: () => Remote | undefined, isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const there = mediator();
      const count = there === undefined ? 0 : await this.#fetch(there).catch(ignoreAway);
      if (count === 0) await sleep(20);
    }
  }

  async #fetch(mediator: Remote): Promise<number> {
    const delivered = await fetchFor(this.agent, mediator, { limit: 20 });
    for (const { packed } of delivered) this.#take(await this.agent.codec.unpack(packed));
    const ids = delivered.map(({ id }) => id).filter(() => this.#random() < 0.8);
    if (ids.length > 0) await acknowledge(this.agent, mediator, ids);
    return ids.length;
  }

  #take({ body, attachments = [] }: Awaited<ReturnType<Agent['codec']['unpack']>>): void {
    const frames = body?.frames as readonly Pick<CollectedEvent, 'device' | 'epoch' | 'counter'>[];
    const document = attachments[0]?.data.json as unknown as EventDocument;
    for (const [at, { eventID, sensorElementList }] of document.epcisBody.eventList.entries()) {
      const frame = frames[at];
      if (frame === undefined) throw new Error(`event ${at} of a message has no frame`);
      if (this.#ids.has(eventID)) {
        this.repeated++;
        continue;
      }
      this.#ids.add(eventID);
      const [, frameHash = ''] =
        /^ni:\/\/\/sha-256;(.+)$/.exec(sensorElementList[0]?.sensorMetadata.rawData ?? '') ?? [];
      const reports = sensorElementList.reduce((sum, { sensorReport }) => sum + sensorReport.length, 0);
      const { device, epoch, counter } = frame;
      this.events.push({ eventID, device, epoch, counter, frameHash, reports });
    }
  }
}

/** What a client sees of a mediator that was killed. Everything else is a finding. */
function ignoreAway(error: unknown): number {
  if (!/ECONN|EPIPE|socket hang up|aborted/.test(String(error))) throw error;
  return 0;
}

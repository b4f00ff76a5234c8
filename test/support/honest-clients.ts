import { setTimeout as sleep } from 'node:timers/promises';
import type { PlaintextMessage } from '../../src/envelope/message.js';
import { type Agent, acknowledge, PICKUP3 } from './agent.js';
import type { DeliveryLedger } from './delivery-ledger.js';
import type { Remote } from './over-http.js';

/*
 * Clients of a gateway that comes and goes, which do what their protocols demand and no more. Whatever fails because the
 * gateway is away they do again when it is back.
 */

export interface ClientOptions {
  readonly ledger: DeliveryLedger;
  readonly random: () => number;
  /** The gateway as it is reached now; undefined while it is away. */
  gateway(): Remote | undefined;
  /** Finish what you are at. */
  isOver(): boolean;
}

const RETRY_MS = 5;

/** Sends one text after the other; gives a text up now and then when its fate is unknown, as people do. */
export async function sendTexts(
  alice: Agent,
  recipients: readonly Agent[],
  name: string,
  { ledger, random, gateway, isOver }: ClientOptions,
): Promise<void> {
  for (let n = 0; !isOver(); n++) {
    const text = `${name}/${n}`;
    const recipient = recipients[Math.floor(random() * recipients.length)] as Agent;
    let forward: string | undefined;
    for (;;) {
      const there = gateway();
      if (there !== undefined) {
        forward ??= await alice.packForward(text, recipient.did, there.did, random() < 0.5 ? 'json' : 'base64');
        ledger.sent(text);
        const status = await there.posts.post(forward).then(
          (answer) => answer.status,
          () => undefined,
        );
        if (status === 202) ledger.accepted(text);
        if (status === 202 || (status === undefined && random() < 0.3)) break;
        if (status !== undefined && status !== 503) throw new Error(`a forward was answered ${status}`);
      }
      if (isOver()) return;
      await sleep(RETRY_MS);
    }
  }
}

/** Fetches, and acknowledges most of it; the rest it fetches again. */
export async function pollMailbox(bob: Agent, options: ClientOptions): Promise<void> {
  while (!options.isOver()) {
    const there = options.gateway();
    if (there !== undefined) await fetchSome(bob, there, options).catch(ignoreAway);
    await sleep(RETRY_MS + options.random() * 20);
  }
}

/** Fetches and acknowledges until the mailbox is empty. */
export async function emptyMailbox(bob: Agent, there: Remote, options: ClientOptions): Promise<void> {
  while ((await fetchSome(bob, there, { ...options, random: () => 0 })) > 0);
}

async function fetchSome(bob: Agent, there: Remote, { ledger, random }: ClientOptions): Promise<number> {
  const request = { type: `${PICKUP3}/delivery-request`, body: { limit: 1 + Math.floor(random() * 20) || 50 } };
  const ids = await note(bob, await bob.ask(there, request), ledger);
  const done = ids.filter(() => random() < 0.7);
  if (done.length > 0) await acknowledge(bob, there, done);
  for (const id of done) ledger.acknowledged(id);
  return ids.length;
}

/** Live mode over a WebSocket; acknowledges most of what it is pushed, connects again when it is cut. */
export async function listenLive(bob: Agent, options: ClientOptions): Promise<void> {
  while (!options.isOver()) {
    const there = options.gateway();
    if (there !== undefined) await listenOnce(bob, there, options).catch(ignoreAway);
    await sleep(RETRY_MS);
  }
}

async function listenOnce(bob: Agent, there: Remote, { ledger, random, isOver }: ClientOptions): Promise<void> {
  const line = await bob.connect(there);
  let isClosed = false;
  void line.closed.then(() => {
    isClosed = true;
  });
  await line.send({ type: `${PICKUP3}/live-delivery-change`, body: { live_delivery: true } });
  for (let seen = 0; !isClosed && !isOver(); ) {
    const message = line.inbox[seen];
    if (message === undefined) {
      await sleep(RETRY_MS);
      continue;
    }
    seen++;
    const ids = (await note(bob, message, ledger)).filter(() => random() < 0.9);
    if (ids.length > 0) await line.send({ type: `${PICKUP3}/messages-received`, body: { message_id_list: ids } });
  }
  await line.close();
}

async function note(bob: Agent, { attachments = [] }: PlaintextMessage, ledger: DeliveryLedger): Promise<string[]> {
  for (const { id = '', data } of attachments) {
    const message = await bob.codec.unpack(Buffer.from(data.base64 ?? '', 'base64url'));
    ledger.delivered(String(message.body?.content), id);
  }
  return attachments.map(({ id = '' }) => id);
}

/** What a client sees of a gateway that was killed. Everything else is a finding. */
function ignoreAway(error: unknown): void {
  if (!/ECONN|EPIPE|socket hang up|aborted|WebSocket/.test(String(error))) throw error;
}

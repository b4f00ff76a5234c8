import { isWaypostError, WaypostError } from '../../src/core/errors.js';
import { unlessAborted } from '../../src/core/unless-aborted.js';
import type { Primitives } from '../../src/crypto/primitives.js';
import { attachmentBytes } from '../../src/envelope/attachment.js';
import type { PlaintextMessage } from '../../src/envelope/message.js';
import type { Unpacked } from '../../src/envelope/unpack.js';
import { channelClosed } from '../../src/transport/arrival.js';
import { reconnect, type Timers } from '../../src/transport/reconnect.js';
import type { AbortOptions, Channel } from '../../src/transport/transport.js';
import type { Random } from '../random.js';
import { createDeviceAgent, type DeviceAgent, type Draft } from './agent.js';
import { Conversation } from './conversation.js';
import { readings } from './readings.js';

/** What a device says of itself, in the order in which it happens. */
export type DeviceEvent =
  | { readonly event: 'connected'; readonly address: string }
  | { readonly event: 'disconnected'; readonly reason: string; readonly retryInMs: number }
  | { readonly event: 'registered'; readonly did: string }
  | { readonly event: 'sent'; readonly number: number; readonly content: string; readonly tookMs: number }
  | { readonly event: 'received'; readonly from: string | null; readonly content: string }
  | { readonly event: 'unreadable'; readonly code: string; readonly message: string };

export interface Text {
  /** A DID; undefined: whatever it says, the gateway is pinged. */
  readonly to: string | undefined;
  readonly content: string;
}

export interface DeviceOptions {
  readonly dial: (options: AbortOptions) => Promise<Channel>;
  /** Whose mailbox it uses; `invitationId` where the gateway takes only who was invited. */
  readonly gateway: { readonly did: string; readonly invitationId?: string };
  /** Nothing ever comes back: it does not register, and only sends. */
  readonly isOneWay?: boolean;
  /** Who gets the readings, as texts. Left out, the gateway is pinged instead. */
  readonly to?: string;
  /** What it says instead, whenever there is something. */
  readonly texts?: AsyncIterable<Text>;
  readonly intervalMs: number;
  /** Ends after so many were accepted; left out, only `signal` ends it. */
  readonly count?: number;
  readonly random: Random;
  readonly primitives: Primitives;
  readonly timers: Timers;
  readonly say: (event: DeviceEvent) => void;
  readonly signal: AbortSignal;
}

const MEDIATION = 'https://didcomm.org/coordinate-mediation/3.0';
const PICKUP = 'https://didcomm.org/messagepickup/3.0';
const PING = 'https://didcomm.org/trust-ping/2.0/ping';
const TEXT = 'https://didcomm.org/basicmessage/2.0/message';

const BACKOFF = { initialMs: 500, maxMs: 10_000 };
const STABLE_AFTER_MS = 10_000;
/** Messages that a device remembers to have shown. */
const REMEMBERED = 100;

/**
 * A device with a DID of its own, behind a gateway that is its mediator: it registers, says something every now and then,
 * takes what comes for it and acknowledges that, and connects again whenever the line was gone. Resolves when `count` is
 * reached, `texts` end or `signal` aborts. Throws what dialling and asking throw when trying again cannot help.
 */
export async function runDevice(options: DeviceOptions): Promise<void> {
  const { dial, random, timers, signal, say } = options;
  const device = new Device(options);
  const onFailure = (error: unknown, retryInMs: number) =>
    say({ event: 'disconnected', reason: reasonOf(error), retryInMs });
  const backoff = { ...BACKOFF, random };
  const stableAfterMs = STABLE_AFTER_MS;
  for await (const channel of reconnect({ dial, backoff, timers, stableAfterMs, signal, onFailure })) {
    try {
      await device.serve(channel);
    } finally {
      await channel[Symbol.asyncDispose]();
    }
    if (device.isDone) break;
  }
}

class Device {
  readonly #options: DeviceOptions;
  readonly #agent: DeviceAgent;
  readonly #texts: AsyncIterator<Text, undefined>;
  readonly #seen = new Set<string>();
  #isRegistered = false;
  #accepted = 0;
  /** What is sent next, or could not be sent yet. */
  #next: Promise<IteratorResult<Text, undefined>> | undefined;
  #hasMore = true;

  constructor(options: DeviceOptions) {
    this.#options = options;
    this.#agent = createDeviceAgent(options.primitives, options.gateway.did);
    this.#texts = (options.texts ?? readingsTo(options.to, options.random))[Symbol.asyncIterator]();
  }

  get isDone(): boolean {
    return !this.#hasMore || this.#accepted >= (this.#options.count ?? Number.POSITIVE_INFINITY);
  }

  /** Until the channel ends, everything is sent, or `signal` aborts. */
  async serve(channel: Channel): Promise<void> {
    const { say, timers, gateway, intervalMs, isOneWay, signal } = this.#options;
    const ended = new AbortController();
    const conversation: Conversation = new Conversation({
      channel,
      agent: this.#agent,
      gatewayDid: gateway.did,
      timers,
      onMessage: (unpacked) =>
        this.#take(unpacked, conversation, ended.signal).catch((error) => this.#notTaken(error, ended.signal)),
      onUnreadable: ({ code, message }) => say({ event: 'unreadable', code, message }),
    });
    const end = () => ended.abort();
    void conversation.ended.then(() => ended.abort(channelClosed('the connection ended')));
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    try {
      say({ event: 'connected', address: channel.remoteAddress });
      if (isOneWay !== true) await this.#register(conversation, ended.signal);
      for (;;) {
        await this.#sendNext(channel, ended.signal);
        if (this.isDone) return;
        await timers.sleep(intervalMs, ended.signal);
      }
    } catch (error) {
      // The line is gone, or we are to stop: whoever gave us the channel knows which.
      if (!ended.signal.aborted && !(isWaypostError(error) && error.retryable)) throw error;
      if (!signal.aborted) say({ event: 'disconnected', reason: reasonOf(error), retryInMs: 0 });
    } finally {
      signal.removeEventListener('abort', end);
    }
  }

  async #register(conversation: Conversation, signal: AbortSignal): Promise<void> {
    const { gateway, say } = this.#options;
    const { did } = this.#agent;
    if (!this.#isRegistered) {
      const pthid = gateway.invitationId === undefined ? {} : { pthid: gateway.invitationId };
      const answer = await conversation.ask({ type: `${MEDIATION}/mediate-request`, body: {}, ...pthid }, signal);
      if (nameOf(answer) !== 'mediate-grant') {
        throw new WaypostError('ERR_NOT_ALLOWED', `the gateway answers a request for mediation with ${nameOf(answer)}`);
      }
      const updates = [{ recipient_did: did, action: 'add' }];
      await conversation.ask({ type: `${MEDIATION}/recipient-update`, body: { updates } }, signal);
      this.#isRegistered = true;
      say({ event: 'registered', did });
    }
    await conversation.ask({ type: `${PICKUP}/live-delivery-change`, body: { live_delivery: true } }, signal);
  }

  async #sendNext(channel: Channel, signal: AbortSignal): Promise<void> {
    const { gateway, timers, say, isOneWay } = this.#options;
    this.#next ??= this.#texts.next();
    const { value: text } = await unlessAborted(this.#next, signal);
    if (text === undefined) {
      this.#hasMore = false;
      return;
    }
    const { to, content } = text;
    const startMs = timers.now();
    const { packed } =
      to === undefined
        ? await this.#agent.pack(
            { type: PING, body: { response_requested: isOneWay !== true }, return_route: 'all' },
            gateway.did,
          )
        : await this.#agent.packForward({ type: TEXT, body: { content } }, to);
    await channel.send(packed, { signal });
    this.#next = undefined;
    this.#accepted++;
    const shown = to === undefined ? 'ping' : content;
    say({ event: 'sent', number: this.#accepted, content: shown, tookMs: Math.round(timers.now() - startMs) });
  }

  async #take(unpacked: Unpacked, conversation: Conversation, signal: AbortSignal): Promise<void> {
    const { type, attachments = [] } = unpacked.message;
    if (type === `${PICKUP}/status`) return; // how the gateway answers an acknowledgement
    if (type !== `${PICKUP}/delivery`) return this.#show(unpacked);
    const done: string[] = [];
    for (const attachment of attachments) {
      const packed = attachmentBytes(attachment);
      if (packed === undefined || attachment.id === undefined) continue;
      try {
        const inner = await this.#agent.open(packed);
        if (this.#isNew(inner)) {
          this.#show(inner);
          await this.#answer(inner, conversation, signal);
        }
      } catch (error) {
        if (!isWaypostError(error) || error.retryable) throw error;
        this.#options.say({ event: 'unreadable', code: error.code, message: error.message });
      }
      // Also what cannot be read: it would come again and again.
      done.push(attachment.id);
    }
    if (done.length === 0) return;
    await conversation.tell({ type: `${PICKUP}/messages-received`, body: { message_id_list: done } }, signal);
  }

  /** Nothing was acknowledged, so it comes again on the next connection. */
  #notTaken(error: unknown, signal: AbortSignal): void {
    if (signal.aborted || (isWaypostError(error) && error.retryable)) return;
    this.#options.say({ event: 'unreadable', code: 'ERR_INTERNAL', message: reasonOf(error) });
  }

  /** A gateway that missed an acknowledgement gives a message again. */
  #isNew({ message, from }: Unpacked): boolean {
    const name = `${from} ${message.id}`;
    if (this.#seen.has(name)) return false;
    this.#seen.add(name);
    const [oldest] = this.#seen;
    if (this.#seen.size > REMEMBERED && oldest !== undefined) this.#seen.delete(oldest);
    return true;
  }

  #show({ message, from }: Unpacked): void {
    const { content } = message.body ?? {};
    this.#options.say({ event: 'received', from, content: typeof content === 'string' ? content : nameOf(message) });
  }

  /** A ping of somebody who can be answered is. */
  async #answer({ message, from }: Unpacked, conversation: Conversation, signal: AbortSignal): Promise<void> {
    if (message.type !== PING || from === null || message.body?.response_requested === false) return;
    const response: Draft = { type: `${PING}-response`, thid: message.id, body: {} };
    await conversation.pass(await this.#agent.packForward(response, from), signal);
  }
}

async function* readingsTo(to: string | undefined, random: Random): AsyncGenerator<Text, undefined> {
  for (const content of readings(random)) yield { to, content };
}

/** `ping-response` for the message type that ends with it. */
function nameOf({ type }: PlaintextMessage): string {
  return type.slice(type.lastIndexOf('/') + 1);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

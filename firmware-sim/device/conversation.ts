import { isWaypostError, quote, WaypostError } from '../../src/core/errors.js';
import type { PlaintextMessage } from '../../src/envelope/message.js';
import type { Unpacked } from '../../src/envelope/unpack.js';
import { channelClosed } from '../../src/transport/arrival.js';
import type { Timers } from '../../src/transport/reconnect.js';
import type { Arrival, Channel } from '../../src/transport/transport.js';
import type { DeviceAgent, Draft } from './agent.js';

interface ConversationOptions {
  readonly channel: Channel;
  readonly agent: DeviceAgent;
  readonly gatewayDid: string;
  readonly timers: Timers;
  /** What came and answers no question. Must not reject. */
  readonly onMessage: (unpacked: Unpacked) => Promise<void>;
  /** What came and could not be opened. */
  readonly onUnreadable: (reason: WaypostError) => void;
}

/** A slow line needs seconds for a request and its answer. */
const ANSWER_MS = 60_000;

type Settle = (answer: PlaintextMessage | WaypostError) => void;

/** Questions and answers between a device and its gateway on one channel. */
export class Conversation {
  readonly #options: ConversationOptions;
  readonly #asked = new Map<string, Settle>();
  /** Resolves when the channel has ended. */
  readonly ended: Promise<void>;

  constructor(options: ConversationOptions) {
    this.#options = options;
    this.ended = this.#pump();
  }

  /**
   * The answer of the gateway. Throws ERR_REFUSED when it is a problem report, ERR_NETWORK (retryable) when none comes,
   * and what sending throws.
   */
  async ask(draft: Draft, signal: AbortSignal): Promise<PlaintextMessage> {
    const { agent, gatewayDid, channel, timers } = this.#options;
    const { id, packed } = await agent.pack({ return_route: 'all', ...draft }, gatewayDid);
    const late = new AbortController();
    const tooLate = timers.sleep(ANSWER_MS, late.signal).then(
      () => new WaypostError('ERR_NETWORK', `no answer within ${ANSWER_MS} ms`, { retryable: true }),
      () => channelClosed('nobody waits any more'),
    );
    try {
      const answered = new Promise<PlaintextMessage | WaypostError>((resolve) => this.#asked.set(id, resolve));
      await channel.send(packed, { signal });
      const answer = await Promise.race([answered, tooLate]);
      if (answer instanceof WaypostError) throw answer;
      if (!answer.type.includes('/report-problem/')) return answer;
      throw new WaypostError('ERR_REFUSED', `the gateway reports a problem: ${quote(answer.body?.code, 100)}`);
    } finally {
      this.#asked.delete(id);
      late.abort();
    }
  }

  /** For what nothing is expected for. */
  async tell(draft: Draft, signal: AbortSignal): Promise<void> {
    const { agent, gatewayDid } = this.#options;
    await this.pass(await agent.pack({ return_route: 'all', ...draft }, gatewayDid), signal);
  }

  /** What is packed already. */
  async pass({ packed }: { readonly packed: Uint8Array }, signal: AbortSignal): Promise<void> {
    await this.#options.channel.send(packed, { signal });
  }

  async #pump(): Promise<void> {
    for await (const arrival of this.#options.channel) void this.#take(arrival);
    for (const settle of this.#asked.values()) settle(channelClosed('the channel ended before the answer'));
  }

  /** Never rejects: what is wrong with one message concerns no other. */
  async #take(arrival: Arrival): Promise<void> {
    const { agent, gatewayDid, onMessage, onUnreadable } = this.#options;
    let unpacked: Unpacked;
    try {
      unpacked = await agent.open(arrival.bytes);
    } catch (error) {
      const reason = isWaypostError(error) ? error : new WaypostError('ERR_INTERNAL', String(error), { cause: error });
      onUnreadable(reason);
      await arrival.refuse(reason).catch(() => {});
      return;
    }
    // A gateway that does not learn of it gives it again.
    await arrival.accept().catch(() => {});
    const { message, from } = unpacked;
    const isGateway = from !== null && agent.canonical(from) === agent.canonical(gatewayDid);
    const settle = isGateway ? this.#asked.get(message.thid ?? '') : undefined;
    if (settle === undefined) await onMessage(unpacked);
    else settle(message);
  }
}

import { quote, WaypostError } from '../core/errors.js';
import type { Scheduler } from '../core/scheduler.js';
import { withResolvers } from '../core/with-resolvers.js';
import type { Received, Reply, Sender } from '../protocols/protocol.js';
import type { Channel } from '../transport/transport.js';
import type { Packer } from './packer.js';

/** Takes a message that one peer sends on its own account; false leaves it to the protocols. */
export type PeerListener = (received: Received) => Promise<boolean>;

interface Waiting {
  readonly peer: string;
  resolve(received: Received): void;
}

/**
 * The client's side of protocols: requests of ours that wait for their answer, and peers whose messages are for somebody
 * in particular. An answer counts only when it is proven to come from the peer that was asked.
 */
export class Conversations {
  readonly #packer: Packer;
  readonly #scheduler: Scheduler;
  readonly #waiting = new Map<string, Waiting>();
  readonly #listeners = new Map<string, PeerListener>();

  constructor(packer: Packer, scheduler: Scheduler) {
    this.#packer = packer;
    this.#scheduler = scheduler;
  }

  /** Listens to what `peer` (canonical DID) sends and nobody waits for. The result stops listening. */
  listen(peer: string, listener: PeerListener): () => void {
    this.#listeners.set(peer, listener);
    return () => {
      if (this.#listeners.get(peer) === listener) this.#listeners.delete(peer);
    };
  }

  /** Sends a message on a channel, expecting nothing but that it is accepted. */
  async send(channel: Channel, message: Reply, from: string, to: Sender, signal: AbortSignal): Promise<void> {
    const { packed } = await this.#packer.pack(message, from, to);
    await channel.send(packed, { signal });
  }

  /**
   * Sends a request on a channel whose arrivals go through `take`, and waits for the answer in its thread. Throws
   * ERR_NETWORK (retryable) when none comes within `timeoutMs`, and what sending throws.
   */
  async request(channel: Channel, request: Reply, from: string, to: Sender, timeoutMs: number): Promise<Received> {
    const headers = { return_route: 'all', ...request.headers };
    const { id, packed } = await this.#packer.pack({ ...request, headers }, from, to);
    const { promise, resolve, reject } = withResolvers<Received>();
    const cancel = this.#scheduler.after(timeoutMs, () => {
      const what = `${quote(to.did, 200)} gave no answer to ${quote(request.type)} within ${timeoutMs} ms`;
      reject(new WaypostError('ERR_NETWORK', what, { retryable: true }));
    });
    this.#waiting.set(id, { peer: to.did, resolve });
    try {
      const [, answer] = await Promise.all([channel.send(packed), promise]);
      return answer;
    } finally {
      promise.catch(() => {}); // when sending failed first, nobody else looks at it
      cancel();
      this.#waiting.delete(id);
    }
  }

  /** True when somebody was waiting for this message. */
  async take(received: Received): Promise<boolean> {
    const { sender, message } = received;
    if (sender === null) return false;
    for (const thread of [message.thid, message.pthid]) {
      const waiting = thread === undefined ? undefined : this.#waiting.get(thread);
      if (waiting?.peer !== sender.did) continue;
      waiting.resolve(received);
      return true;
    }
    return (await this.#listeners.get(sender.did)?.(received)) ?? false;
  }
}

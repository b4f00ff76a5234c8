import type { Logger } from '../core/logger.js';
import { unlessAborted } from '../core/unless-aborted.js';
import type { Sender } from '../protocols/protocol.js';
import { outboundTo } from '../router/destination.js';
import type { Forwarder } from '../router/forwarder.js';
import type { Channel } from '../transport/transport.js';

interface NearbyOptions {
  readonly forwarder: Pick<Forwarder, 'wake'>;
  readonly logger: Logger;
  canonical(did: string): string;
  /** Resolves when `peer` has proven on `channel` that it is there; rejects with a WaypostError. */
  ask(channel: Channel, peer: Sender): Promise<unknown>;
}

/** Somebody at the other end of an open channel. */
interface NearbyPeer {
  readonly channel: Channel;
  readonly peer: Sender;
}

/**
 * Who is at the other end of a channel that is open anyway, and is proven to be: what waits for them leaves over it. No
 * address leads there: whoever was found by radio has none that lasts.
 */
export class Nearby {
  readonly #options: NearbyOptions;
  readonly #peers = new Map<string, NearbyPeer>();

  constructor(options: NearbyOptions) {
    this.#options = options;
  }

  /** Whoever answers on the channel says that it has a DID (`Channel.claimedDid`): it is asked to prove it. */
  async meet(channel: Channel, claimedDid: string): Promise<void> {
    const { ask, canonical, logger } = this.#options;
    try {
      const peer = { did: canonical(claimedDid), spelledAs: claimedDid };
      await ask(channel, peer);
      this.add(channel, peer);
    } catch (error) {
      logger.debug('nearby.unproven', { at: channel.remoteAddress, message: String(error) });
    }
  }

  /** `peer` was proven on the channel, and takes what is for it there. */
  add(channel: Channel, peer: Sender): void {
    this.#peers.set(peer.did, { channel, peer });
    this.#options.forwarder.wake(outboundTo(peer.did));
  }

  /** The channel is closed. */
  leave(channel: Channel): void {
    for (const [did, nearby] of this.#peers) {
      if (nearby.channel === channel) this.#peers.delete(did);
    }
  }

  /** `did`: canonical. */
  find(did: string): NearbyPeer | undefined {
    return this.#peers.get(did);
  }

  /**
   * Sends, and resolves when the peer answered a question behind the message: somebody who only says that it has the DID
   * cannot make messages vanish. Throws what sending and asking throw.
   */
  async send({ channel, peer }: NearbyPeer, message: Uint8Array, signal: AbortSignal): Promise<void> {
    await channel.send(message, { signal });
    await unlessAborted(this.#options.ask(channel, peer), signal);
  }
}

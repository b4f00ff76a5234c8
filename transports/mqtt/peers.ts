import { channelClosed } from '../../src/transport/arrival.js';
import type { Address } from '../../src/transport/transport.js';
import { MqttChannel } from './channel.js';
import type { MqttContext } from './context.js';
import type { IncomingMessage } from './incoming.js';

interface PeersOptions {
  /** Gives a new channel to whoever accepts; false when nobody takes it. */
  readonly onChannel: (channel: MqttChannel) => boolean;
  readonly addressOf: (peer: string) => Address;
  /** Whether the peers are devices, whose names are known. */
  readonly areDevices: boolean;
  /** How to send to a peer; undefined for one without a return path. */
  readonly senderTo: (
    peer: string,
  ) => ((message: Uint8Array, signal: AbortSignal | undefined) => Promise<void>) | undefined;
  /** The last channel is gone. */
  readonly onIdle: () => void;
}

interface Peer {
  readonly channel: MqttChannel;
  usedAtMs: number;
}

/**
 * The peers that were heard of on one connection, a channel each. A peer is nothing but the name of its return path, or of a
 * device: strangers can make up as many as they like, so that they are bounded and forgotten.
 */
export class Peers {
  readonly #context: MqttContext;
  readonly #options: PeersOptions;
  readonly #peers = new Map<string, Peer>();
  readonly #stopSweeping: () => void;
  #isOver = false;

  constructor(context: MqttContext, options: PeersOptions) {
    this.#context = context;
    this.#options = options;
    let cancel = () => {};
    const sweep = (): void => {
      this.#forgetIdle();
      cancel = context.scheduler.after(context.limits.peerIdleMs / 2, sweep);
    };
    cancel = context.scheduler.after(context.limits.peerIdleMs / 2, sweep);
    this.#stopSweeping = () => cancel();
  }

  get count(): number {
    return this.#peers.size;
  }

  /** True when the connection is gone. */
  get isOver(): boolean {
    return this.#isOver;
  }

  deliver(name: string, message: IncomingMessage): void {
    const peer = this.#peers.get(name) ?? this.#open(name);
    if (peer === undefined) {
      void message.settle(channelClosed('nobody takes new channels'), false); // it is offered again
      return;
    }
    peer.usedAtMs = this.#context.now();
    peer.channel.deliver(message);
  }

  /** A peer has connected, and may only want to be told something. */
  greet(name: string): void {
    if (!this.#peers.has(name)) this.#open(name);
  }

  /** The peer will not listen there any more. */
  forget(name: string): void {
    this.#peers.get(name)?.channel.end();
  }

  end(): void {
    this.#isOver = true;
    this.#stopSweeping();
    for (const { channel } of [...this.#peers.values()]) channel.end();
  }

  #open(name: string): Peer | undefined {
    this.#makeRoom();
    const channel = new MqttChannel({
      remoteAddress: this.#options.addressOf(name),
      maxMessageBytes: this.#context.limits.maxMessageBytes,
      deviceId: this.#options.areDevices ? name : undefined,
      send: this.#options.senderTo(name),
      onClose: async () => {
        if (this.#peers.get(name)?.channel === channel) this.#peers.delete(name);
        if (this.#peers.size === 0) this.#options.onIdle();
      },
    });
    const peer = { channel, usedAtMs: this.#context.now() };
    this.#peers.set(name, peer);
    if (this.#options.onChannel(channel)) return peer;
    this.#context.logger.debug('mqtt.channel-refused');
    channel.end();
    return undefined;
  }

  #makeRoom(): void {
    if (this.#peers.size < this.#context.limits.maxPeers) return;
    const byAge = [...this.#peers.values()].sort((a, b) => a.usedAtMs - b.usedAtMs);
    byAge[0]?.channel.end();
    this.#context.logger.debug('mqtt.peer-forgotten');
  }

  #forgetIdle(): void {
    const oldestMs = this.#context.now() - this.#context.limits.peerIdleMs;
    for (const { channel, usedAtMs } of [...this.#peers.values()]) if (usedAtMs < oldestMs) channel.end();
  }
}

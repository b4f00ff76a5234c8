import { quote, WaypostError } from '../core/errors.js';
import type { Scheduler } from '../core/scheduler.js';
import { unlessAborted } from '../core/unless-aborted.js';
import { channelClosed } from '../transport/arrival.js';
import type { AbortOptions, Address, Channel, Transport } from '../transport/transport.js';

interface DialerOptions {
  readonly transports: readonly Transport[];
  readonly scheduler: Scheduler;
  readonly idleChannelMs: number;
  /** Takes what arrives on a channel that was dialled, until it ends. */
  serve(channel: Channel): Promise<void>;
}

interface OpenChannel {
  readonly channel: Promise<Channel>;
  /** Aborts when the channel has ended. */
  readonly ended: AbortSignal;
  /** Whether something that was confirmed has gone over it. */
  isConfirmed: boolean;
  cancelIdle: () => void;
}

/** Sends to addresses, over channels that stay open for a while. */
export class Dialer implements AsyncDisposable {
  readonly #options: DialerOptions;
  readonly #open = new Map<Address, OpenChannel>();

  constructor(options: DialerOptions) {
    this.#options = options;
  }

  /** The transport that an address is for; undefined where there is none that dials. */
  transportFor(address: Address): Transport | undefined {
    const scheme = address.slice(0, address.indexOf(':')).toLowerCase();
    return this.#options.transports.find(({ schemes, supports }) => supports.dial && schemes.includes(scheme));
  }

  /** A channel for the caller alone. Throws what dialling throws, and ERR_NO_SERVICE. */
  async dial(address: Address, options: AbortOptions = {}): Promise<Channel> {
    const transport = this.transportFor(address);
    if (transport !== undefined) return transport.dial(address, options);
    throw new WaypostError('ERR_NO_SERVICE', `no transport here is for ${quote(address, 200)}`);
  }

  /**
   * Sends, and resolves when `confirm` (on the same channel) did. A new channel is confirmed before the first message too:
   * a peer may put what a broken connection left it of one message before the first of the next. Throws what dialling, sending and `confirm` throw,
   * ERR_CHANNEL_CLOSED when the channel ends before, and ERR_NO_SERVICE where no transport is for the address.
   */
  async send(
    address: Address,
    message: Uint8Array,
    signal: AbortSignal,
    confirm?: (channel: Channel) => Promise<unknown>,
  ): Promise<void> {
    const open = this.#open.get(address) ?? this.#keep(address, signal);
    open.cancelIdle();
    try {
      const channel = await open.channel;
      if (confirm !== undefined && !open.isConfirmed) await unlessAborted(confirm(channel), signal, open.ended);
      await channel.send(message, { signal });
      if (confirm !== undefined) await unlessAborted(confirm(channel), signal, open.ended);
      open.isConfirmed = true;
      open.cancelIdle();
      open.cancelIdle = this.#options.scheduler.after(
        this.#options.idleChannelMs,
        () => void this.#close(address, open),
      );
    } catch (error) {
      await this.#close(address, open);
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open].map(([address, open]) => this.#close(address, open)));
  }

  #keep(address: Address, signal: AbortSignal): OpenChannel {
    const ended = new AbortController();
    const channel = this.dial(address, { signal });
    const open: OpenChannel = { channel, ended: ended.signal, isConfirmed: false, cancelIdle: () => {} };
    this.#open.set(address, open);
    open.channel.then(
      async (channel) => {
        await this.#options.serve(channel);
        ended.abort(channelClosed(`the channel to ${quote(address, 200)} was closed`));
        await this.#close(address, open);
      },
      () => {}, // `send` awaits the same promise and says so
    );
    return open;
  }

  async #close(address: Address, open: OpenChannel): Promise<void> {
    open.cancelIdle();
    if (this.#open.get(address) === open) this.#open.delete(address);
    const channel = await open.channel.catch(() => undefined);
    await channel?.[Symbol.asyncDispose]();
  }
}

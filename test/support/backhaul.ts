import { WaypostError } from '../../src/core/errors.js';
import type { Channel, Transport } from '../../src/transport/transport.js';

/** A transport whose way out can be cut and restored. What was dialled is gone with the cut; listening goes on. */
export class Backhaul {
  readonly transport: Transport;
  readonly #open = new Set<Channel>();
  #isCut = false;
  /** Connections that were tried, also in vain. */
  dials = 0;

  constructor(transport: Transport) {
    this.transport = {
      schemes: transport.schemes,
      supports: transport.supports,
      listen: (address, options) => transport.listen(address, options),
      dial: async (address, options) => {
        this.dials++;
        if (this.#isCut) throw new WaypostError('ERR_NETWORK', 'the backhaul is cut', { retryable: true });
        const channel = await transport.dial(address, options);
        this.#open.add(channel);
        return channel;
      },
    };
  }

  async cut(): Promise<void> {
    this.#isCut = true;
    await this.breakConnections();
  }

  restore(): void {
    this.#isCut = false;
  }

  async breakConnections(): Promise<void> {
    const open = [...this.#open];
    this.#open.clear();
    await Promise.all(open.map((channel) => channel[Symbol.asyncDispose]()));
  }
}

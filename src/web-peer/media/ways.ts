import type { Correspondent } from '../../mailbox/correspondent.js';
import { channelClosed } from '../../transport/arrival.js';
import type { AbortOptions, Channel, Transport } from '../../transport/transport.js';
import { BLUETOOTH_ADDRESS, type Bluetooth } from './bluetooth.js';
import { createFetchTransport } from './http.js';
import { createBrowserSocketTransport } from './web-socket.js';

/** The part of a correspondent that leads to its gateway. */
export interface Ways extends Pick<Correspondent, 'endpoints' | 'http' | 'webSocket'> {
  /** The one that is open, where one is. */
  current(): 'network' | 'bluetooth';
}

/**
 * The gateway at the host that the page is from, and by Bluetooth where it was chosen. Whichever answers first is used as
 * long as it lasts; what is posted takes the connection that there is.
 */
export function createWays({ protocol, host }: URL, bluetooth: Bluetooth): Ways {
  const secure = protocol === 'https:' ? 's' : '';
  const posts = `http${secure}://${host}/` as const;
  const socket = `ws${secure}://${host}/` as const;
  return {
    // Who is asked depends on what is connected at that moment.
    endpoints: {
      get http() {
        return bluetooth.channel === undefined ? [posts] : [BLUETOOTH_ADDRESS];
      },
      get webSocket() {
        return bluetooth.isChosen ? [BLUETOOTH_ADDRESS, socket] : [socket];
      },
    },
    current: () => (bluetooth.channel === undefined ? 'network' : 'bluetooth'),
    http: withBluetooth(createFetchTransport(host), async () => new SharedChannel(bluetooth)),
    webSocket: withBluetooth(createBrowserSocketTransport(host), (options) => bluetooth.dial(options)),
  };
}

function withBluetooth(network: Transport, dial: (options?: AbortOptions) => Promise<Channel>): Transport {
  return {
    ...network,
    schemes: [...network.schemes, 'ble'],
    dial: (address, options) => (address === BLUETOOTH_ADDRESS ? dial(options) : network.dial(address, options)),
  };
}

/** Sends over the connection of the session, which reads what comes, and leaves it open. */
class SharedChannel implements Channel {
  readonly remoteAddress = BLUETOOTH_ADDRESS;
  readonly maxMessageBytes: number;
  readonly replies = 'none';
  readonly #channel: Channel | undefined;

  constructor({ channel }: Bluetooth) {
    this.#channel = channel;
    this.maxMessageBytes = channel?.maxMessageBytes ?? 0;
  }

  async send(message: Uint8Array, options?: AbortOptions): Promise<void> {
    if (this.#channel === undefined) throw channelClosed('the gateway is not connected by Bluetooth any more');
    await this.#channel.send(message, options);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<never, void, undefined> {}

  async [Symbol.asyncDispose](): Promise<void> {}
}

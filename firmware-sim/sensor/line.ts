import type { AbortOptions, Channel } from '../../src/transport/transport.js';

/** A way to a gateway and back. Iterating gives what comes from there, and ends with the connection. */
export interface SensorLine extends AsyncIterable<Uint8Array>, AsyncDisposable {
  /** For people. */
  readonly address: string;
  /**
   * Throws ERR_REFUSED (not retryable) when the medium says that the gateway does not want it, and errors that are
   * retryable when the connection is gone.
   */
  send(message: Uint8Array, options: AbortOptions): Promise<void>;
}

/** Over a transport: a serial line, Bluetooth, a WebSocket. */
export function lineOver(channel: Channel): SensorLine {
  return {
    address: channel.remoteAddress,
    send: (message, options) => channel.send(message, options),
    async *[Symbol.asyncIterator]() {
      for await (const arrival of channel) {
        await arrival.accept().catch(() => {}); // whoever sent it sends it again
        yield arrival.bytes;
      }
    },
    [Symbol.asyncDispose]: () => channel[Symbol.asyncDispose](),
  };
}

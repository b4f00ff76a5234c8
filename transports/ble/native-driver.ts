import { NativeLink } from '../../src/link/gatt/native-link.js';
import type { LinkDriver, LinkListener } from '../../src/link/link.js';
import { checkListenAddress, parseBleAddress } from './address.js';
import type { GattClient } from './gatt-client.js';
import type { GattServer } from './gatt-server.js';
import { NATIVE } from './profiles.js';

const SCHEME = 'ble';

/**
 * Bluetooth connections with waypost's own profile, as links. `open` and `accept` throw also what {@link GattClient}
 * and {@link GattServer} say.
 */
export function createNativeDriver(client: GattClient, server: GattServer): LinkDriver {
  return {
    schemes: [SCHEME],
    supports: { open: true, accept: true },

    async open(address, options = {}) {
      return new NativeLink(await client.connect(NATIVE, parseBleAddress(address, SCHEME), options));
    },

    async accept(address, { signal } = {}): Promise<LinkListener> {
      checkListenAddress(address, SCHEME);
      signal?.throwIfAborted();
      const pipes = await server.listen(NATIVE);
      return {
        addresses: [address],
        async *[Symbol.asyncIterator]() {
          for await (const pipe of pipes) yield new NativeLink(pipe);
        },
        [Symbol.asyncDispose]: () => Promise.resolve(pipes[Symbol.asyncDispose]()),
      };
    },
  };
}

import type { AbortOptions, Address, Channel, Listener, Transport } from '../../src/transport/transport.js';
import { checkListenAddress, parseBleAddress } from './address.js';
import { DifChannel } from './dif-channel.js';
import type { GattClient } from './gatt-client.js';
import type { GattServer } from './gatt-server.js';
import type { ValuePipe } from './ports.js';
import { DIF } from './profiles.js';

const SCHEME = 'ble-dif';

/** DIDComm over Bluetooth as phones speak it. `dial` and `listen` throw also what {@link GattClient} and {@link GattServer} say. */
export function createDifTransport(client: GattClient, server: GattServer, maxMessageBytes: number): Transport {
  const channelOf = (pipe: ValuePipe): Channel =>
    new DifChannel({ pipe, remoteAddress: `${SCHEME}:${pipe.peerAddress}`, maxMessageBytes });
  return {
    schemes: [SCHEME],
    supports: { dial: true, listen: true, acknowledged: false, duplex: true },

    async dial(address: Address, options: AbortOptions = {}) {
      return channelOf(await client.connect(DIF, parseBleAddress(address, SCHEME), options));
    },

    async listen(address: Address, { signal }: AbortOptions = {}): Promise<Listener> {
      checkListenAddress(address, SCHEME);
      signal?.throwIfAborted();
      const pipes = await server.listen(DIF);
      return {
        addresses: [address],
        async *[Symbol.asyncIterator]() {
          for await (const pipe of pipes) yield channelOf(pipe);
        },
        [Symbol.asyncDispose]: () => Promise.resolve(pipes[Symbol.asyncDispose]()),
      };
    },
  };
}

import { createAddressPolicy } from '../../../src/net/address-policy.js';
import type { OutboundOptions } from '../../../src/net/outbound-connect.js';
import { createHttpTransport, type HttpTransportOptions } from '../../../transports/http/transport.js';
import { createMemoryTransport } from '../../../transports/memory/memory.js';
import { createWebSocketTransport, type WebSocketTransportOptions } from '../../../transports/websocket/transport.js';
import type { TransportFixture } from '../../conformance/transport-connection.js';

/** This machine may be dialled. */
export const localOutbound: OutboundOptions = { policy: createAddressPolicy({ allow: ['127.0.0.1'] }) };

export async function memoryFixture(): Promise<TransportFixture> {
  return {
    transport: createMemoryTransport(),
    listenAddress: 'memory:station',
    deadAddress: 'memory:nobody',
    async [Symbol.asyncDispose]() {},
  };
}

export async function httpFixture(options: Partial<HttpTransportOptions> = {}): Promise<TransportFixture> {
  const transport = createHttpTransport({ outbound: localOutbound, ...options });
  return {
    transport,
    listenAddress: 'http://127.0.0.1:0/',
    deadAddress: 'http://127.0.0.1:1/',
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  };
}

export async function webSocketFixture(options: Partial<WebSocketTransportOptions> = {}): Promise<TransportFixture> {
  const transport = createWebSocketTransport({ outbound: localOutbound, ...options });
  return {
    transport,
    listenAddress: 'ws://127.0.0.1:0/',
    deadAddress: 'ws://127.0.0.1:1/',
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  };
}

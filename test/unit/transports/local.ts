import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { createAddressPolicy } from '../../../src/net/address-policy.js';
import type { OutboundOptions } from '../../../src/net/outbound-connect.js';
import type { Address } from '../../../src/transport/transport.js';
import { createFileTransport } from '../../../transports/file/transport.js';
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

export async function fileFixture(): Promise<TransportFixture> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'waypost-folder-'));
  const at = (name: string): Address => pathToFileURL(path.join(folder, name)).href as Address;
  return {
    transport: createFileTransport({ mayWrite: () => true, limits: { scanEveryMs: 5 } }),
    listenAddress: at(''),
    deadAddress: at('not-there'),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

import type { Transport } from '../src/transport/transport.js';
import type { HttpTransportOptions } from './http/transport.js';
import type { MemoryTransportOptions } from './memory/memory.js';
import type { SerialTransportOptions } from './serial/transport.js';
import type { WebSocketTransport, WebSocketTransportOptions } from './websocket/transport.js';

export type { OpenSerialPort } from './serial/port.js';

/*
 * The one list of transports. Each is loaded when it is first asked for: a station without a radio needs no driver
 * for one. A transport with two schemes (with and without TLS) is one instance for both.
 */
export const transports = {
  memory: async (options: MemoryTransportOptions): Promise<Transport> =>
    (await import('./memory/memory.js')).createMemoryTransport(options),
  http: async (options: HttpTransportOptions): Promise<Transport & AsyncDisposable> =>
    (await import('./http/transport.js')).createHttpTransport(options),
  websocket: async (options: WebSocketTransportOptions): Promise<WebSocketTransport> =>
    (await import('./websocket/transport.js')).createWebSocketTransport(options),
  serial: async (options: SerialTransportOptions): Promise<Transport> =>
    (await import('./serial/transport.js')).createSerialTransport(options),
};

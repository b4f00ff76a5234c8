import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { SelfSigned } from './self-signed.js';

/** A server on 127.0.0.1 that counts what reaches it. */
export interface LocalServer extends AsyncDisposable {
  readonly port: number;
  /** TCP connections so far: a refused request must not even make one. */
  readonly connections: () => number;
}

/** Listens on a free port, with TLS when a certificate is given. */
export async function listenLocally(onRequest: RequestListener, tls?: SelfSigned): Promise<LocalServer> {
  const server = tls === undefined ? createHttpServer(onRequest) : createHttpsServer({ ...tls }, onRequest);
  let connections = 0;
  server.on('connection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

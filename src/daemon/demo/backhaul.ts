import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** The way to a gateway from the internet; it can be cut. */
export interface Backhaul extends AsyncDisposable {
  readonly port: number;
  cut(): void;
  restore(): void;
}

/** Passes connections on to `targetPort()` of this machine. */
export async function openBackhaul(targetPort: () => number): Promise<Backhaul> {
  const open = new Set<Socket>();
  let isCut = false;
  const server = createServer((near) => {
    const far = connect(targetPort(), '127.0.0.1');
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(socket);
      socket.on('error', () => {}); // `close` follows
      socket.once('close', () => {
        open.delete(socket);
        other.destroy();
      });
    }
    if (isCut) near.resetAndDestroy();
    else near.pipe(far).pipe(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const end = (): void => {
    for (const socket of open) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      isCut = true;
      end();
    },
    restore() {
      isCut = false;
    },
    async [Symbol.asyncDispose]() {
      end();
      server.close();
    },
  };
}

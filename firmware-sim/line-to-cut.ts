import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A line between two processes that can be cut, as the line to the internet is. Disposing ends it. */
export interface LineToCut extends AsyncDisposable {
  readonly port: number;
  /** Ends what is open and refuses what comes. */
  cut(): void;
  restore(): void;
}

/** Passes TCP connections to itself on to `targetPort()` of this machine. A cut resets them: nobody says goodbye. */
export async function openLineToCut(targetPort: () => number): Promise<LineToCut> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
    return socket;
  };
  const server = createServer((near) => {
    if (isCut) {
      near.on('error', () => {}).resetAndDestroy();
      return;
    }
    const far = keep(connect(targetPort(), '127.0.0.1'));
    keep(near).pipe(far).pipe(near);
    near.once('close', () => far.destroy());
    far.once('close', () => near.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const end = () => {
    for (const socket of sockets) socket.resetAndDestroy();
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

import { connect, createServer, type Server, type Socket } from 'node:net';

/** A port that leads to another one until it is cut: open connections are reset, new ones are refused. */
export class TcpProxy implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;
  readonly #target: { port: number };

  private constructor(server: Server, port: number, sockets: Set<Socket>, target: { port: number }) {
    this.#server = server;
    this.port = port;
    this.#sockets = sockets;
    this.#target = target;
  }

  static async open(): Promise<TcpProxy> {
    const sockets = new Set<Socket>();
    const target = { port: 0 };
    const server = createServer((near) => {
      const far = connect(target.port, '127.0.0.1');
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(socket);
        socket.on('error', () => other.destroy());
        socket.on('close', () => {
          sockets.delete(socket);
          other.destroy();
        });
        socket.pipe(other);
      }
    });
    const port = await listen(server, 0);
    return new TcpProxy(server, port, sockets, target);
  }

  leadTo(port: number): void {
    this.#target.port = port;
  }

  async cut(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }

  async restore(): Promise<void> {
    await listen(this.#server, this.port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cut();
  }
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return address.port;
}

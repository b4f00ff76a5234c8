import { connect, type Socket } from 'node:net';

/** A connection on which a test writes what it likes, byte by byte. */
export class RawHttp implements Disposable {
  readonly socket: Socket;
  /** Resolves with everything that was received, when the other side has closed. */
  readonly closed: Promise<string>;
  readonly opened: Promise<void>;
  received = '';

  /** `from` is an address of this machine: everything in 127.0.0.0/8 is. */
  constructor(port: number, from = '127.0.0.1') {
    this.socket = connect({ port, host: '127.0.0.1', localAddress: from });
    this.socket.setEncoding('latin1');
    this.socket.on('data', (text) => {
      this.received += text;
    });
    this.socket.on('error', () => undefined);
    this.opened = new Promise((resolve) => this.socket.once('connect', () => resolve()));
    this.closed = new Promise((resolve) => this.socket.once('close', () => resolve(this.received)));
  }

  write(text: string): void {
    if (this.socket.writable) this.socket.write(text);
  }

  /** Writes a text again and again until the other side closes. */
  async drip(text: string, everyMs: number): Promise<string> {
    const timer = setInterval(() => this.write(text), everyMs);
    try {
      return await this.closed;
    } finally {
      clearInterval(timer);
    }
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { WaypostError } from '../../src/core/errors.js';
import type { Link, LinkDriver } from '../../src/link/link.js';
import { BoundedQueue } from '../../src/transport/bounded-queue.js';

/*
 * Links over local sockets, `socket:<port>`, for processes that talk to each other: frames behind a length of two bytes.
 */

const MTU_BYTES = 1024;

/** Cuts frames out of the chunks of a socket. */
export class FrameParser {
  #held: Uint8Array = new Uint8Array();

  push(chunk: Uint8Array): Uint8Array[] {
    const bytes = Buffer.concat([this.#held, chunk]);
    const frames: Uint8Array[] = [];
    let at = 0;
    while (at + 2 <= bytes.length && at + 2 + bytes.readUInt16BE(at) <= bytes.length) {
      const end = at + 2 + bytes.readUInt16BE(at);
      frames.push(bytes.subarray(at + 2, end));
      at = end;
    }
    this.#held = bytes.subarray(at);
    return frames;
  }
}

/** A frame as it goes over the socket. */
export function framed(frame: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from([frame.length >> 8, frame.length & 0xff]), frame]);
}

export const socketLinks: LinkDriver = {
  schemes: ['socket'],
  supports: { open: true, accept: true },
  async open(address) {
    const socket = connect(portOf(address), '127.0.0.1');
    try {
      await once(socket, 'connect');
    } catch (cause) {
      throw new WaypostError('ERR_NETWORK', `nobody at ${address}`, { cause, retryable: true });
    }
    return linkOf(socket);
  },
  async accept(address) {
    const links = new BoundedQueue<Link>(100);
    const server = createServer((socket) => links.push(linkOf(socket)));
    server.listen(portOf(address), '127.0.0.1');
    await once(server, 'listening');
    return {
      addresses: [address],
      [Symbol.asyncIterator]: () => links[Symbol.asyncIterator](),
      async [Symbol.asyncDispose]() {
        links.end();
        server.close();
      },
    };
  },
};

function linkOf(socket: Socket): Link {
  const frames = new BoundedQueue<Uint8Array>(Number.POSITIVE_INFINITY);
  const parser = new FrameParser();
  socket.setNoDelay();
  socket.on('data', (chunk) => {
    for (const frame of parser.push(chunk)) frames.push(frame);
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => frames.end());
  return {
    mtuBytes: MTU_BYTES,
    remoteAddress: 'socket:peer',
    pace: undefined,
    async send(frame) {
      const sent = await new Promise<boolean>((resolve) => {
        socket.write(framed(frame), (error) => resolve(error == null));
      });
      if (!sent) throw new WaypostError('ERR_CHANNEL_CLOSED', 'the socket is closed', { retryable: true });
    },
    [Symbol.asyncIterator]: () => frames[Symbol.asyncIterator](),
    async [Symbol.asyncDispose]() {
      socket.destroy();
    },
  };
}

function portOf(address: string): number {
  return Number(address.slice('socket:'.length));
}

import { read } from 'node:fs';
import { promisify } from 'node:util';
import { quote, WaypostError } from '../../src/core/errors.js';
import { channelClosed } from '../../src/transport/arrival.js';
import type { SerialAddress } from './address.js';
import { findObstacle, openFailed } from './open-failure.js';
import type { SerialPort } from './port.js';

/** What the `serialport` package gives on Linux and macOS: a file descriptor that does not block, and its poller. */
interface Binding {
  readonly fd: number | null;
  readonly poller: { once(event: 'readable', callback: (error: unknown) => void): unknown };
  write(bytes: Buffer): Promise<void>;
  flush(): Promise<void>;
  close(): Promise<void>;
}

const READ_BYTES = 4096;
const readFile = promisify(read);

/**
 * Opens a serial port of this machine with the `serialport` package, 8N1 and raw, and locks it (flock(2)) so that no
 * second program mixes its bytes in. The package is loaded when the first port is opened. Throws as OpenSerialPort says.
 */
export async function openSystemPort({ path, baudRate, flowControl }: SerialAddress): Promise<SerialPort> {
  const { SerialPort: Package } = await import('serialport');
  const obstacle = await findObstacle(path);
  if (obstacle !== undefined) throw obstacle;
  let binding: Awaited<ReturnType<typeof Package.binding.open>>;
  try {
    binding = await Package.binding.open({ path, baudRate, lock: true, rtscts: flowControl === 'rtscts' });
  } catch (cause) {
    throw openFailed(path, cause);
  }
  if ('poller' in binding) return new SystemPort(path, binding);
  await binding.close();
  throw new WaypostError('ERR_SERIAL_PORT', `serial ports are not supported on ${process.platform}`);
}

class SystemPort implements SerialPort {
  readonly #path: string;
  readonly #binding: Binding;
  #closing: Promise<void> | undefined;

  constructor(path: string, binding: Binding) {
    this.#path = path;
    this.#binding = binding;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#closing !== undefined) throw this.#closed();
    try {
      await this.#binding.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    } catch (cause) {
      throw this.#closed(cause);
    }
  }

  /**
   * Reads by itself: the package takes the 0 that means "unplugged" for "nothing yet" and reads again, for ever and
   * with a whole core, and says so to nobody.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    const buffer = new Uint8Array(READ_BYTES);
    while (this.#closing === undefined) {
      const { fd } = this.#binding;
      if (fd === null) return;
      try {
        const { bytesRead } = await readFile(fd, buffer, 0, READ_BYTES, null);
        if (bytesRead === 0) return;
        yield buffer.slice(0, bytesRead);
      } catch (error) {
        if (!isNothingYet(error) || !(await this.#isReadable())) return;
      }
    }
  }

  /** False when the port is gone, or closed. */
  #isReadable(): Promise<boolean> {
    if (this.#closing !== undefined) return Promise.resolve(false);
    return new Promise((resolve) => this.#binding.poller.once('readable', (error) => resolve(error === null)));
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** What has not left is thrown away: close(2) would wait half a minute for a device that holds the line. */
  async #close(): Promise<void> {
    try {
      await this.#binding.flush();
    } catch {
      // It is unplugged: there is nothing to throw away.
    }
    try {
      await this.#binding.close();
    } catch {
      // The same; its descriptor is given back all the same.
    }
  }

  #closed(cause?: unknown): WaypostError {
    const error = channelClosed(`the serial port ${quote(this.#path, 200)} is closed or unplugged`);
    if (cause !== undefined) error.cause = cause;
    return error;
  }
}

function isNothingYet(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EAGAIN' || code === 'EWOULDBLOCK' || code === 'EINTR';
}

import type { SerialAddress } from './address.js';

/** A serial port that is open, as bytes. Iterating gives chunks, to one consumer, and ends when the port is gone. */
export interface SerialPort extends AsyncIterable<Uint8Array>, AsyncDisposable {
  /**
   * Resolves when the system took all bytes; a device that holds the line (flow control) makes its writer wait. Writes
   * are not to overlap. Throws ERR_CHANNEL_CLOSED (retryable) when the port is gone or closed.
   */
  write(bytes: Uint8Array): Promise<void>;
}

/**
 * Opens a port for this process alone. Throws ERR_NETWORK (retryable) when it is not there, and ERR_SERIAL_PORT when it
 * is and cannot be used: retryable when another program has it, not when permission is missing or it is no serial port.
 */
export type OpenSerialPort = (address: SerialAddress) => Promise<SerialPort>;

import { isWaypostError, quote, WaypostError } from '../../src/core/errors.js';
import type { Logger } from '../../src/core/logger.js';
import type { LinkDriver, LinkListener } from '../../src/link/link.js';
import type { BackoffOptions, Timers } from '../../src/transport/reconnect.js';
import type { Address } from '../../src/transport/transport.js';
import { parseSerialAddress } from './address.js';
import { FramedLine } from './framed-line.js';
import { HeldPort } from './held-port.js';
import type { OpenSerialPort } from './port.js';
import { openSystemPort } from './system-port.js';

export interface SerialDriverOptions {
  readonly timers: Timers;
  readonly logger: Logger;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
  /** How ports are opened. Default: those of this machine. */
  readonly openPort?: OpenSerialPort;
}

/** A port that is plugged in again is found this soon, however long it was away. */
const BACKOFF = { initialMs: 250, maxMs: 2000 };

/**
 * Serial lines (docs/transports/serial.md): COBS frames with a CRC-32C, or with Reed-Solomon parity. Beside what
 * LinkDriver says, `open` and `accept` throw ERR_SERIAL_PORT for a port that is there and cannot be used; `accept`
 * waits for one that is not there.
 */
export function createSerialDriver(options: SerialDriverOptions): LinkDriver {
  const { timers, logger, random, openPort = openSystemPort } = options;
  const held = new Map<string, HeldPort>();
  const backoff: BackoffOptions = { ...BACKOFF, random };

  const openLine = async (address: Address): Promise<FramedLine> => {
    const settings = parseSerialAddress(address);
    const port = await openPort(settings);
    return new FramedLine({ port, settings, timers });
  };
  const hold = (address: Address, first: FramedLine | undefined): HeldPort => {
    const { path } = parseSerialAddress(address);
    const open = () => openLine(address);
    const onReleased = () => void held.delete(path);
    const port = new HeldPort({ address, open, backoff, timers, logger, onReleased }, first);
    held.set(path, port);
    return port;
  };
  /** Undefined when this driver does not have the port. Throws `code` when it has it with other settings. */
  const findHeld = async (address: Address, code: 'ERR_LISTEN' | 'ERR_NETWORK'): Promise<HeldPort | undefined> => {
    const port = held.get(parseSerialAddress(address).path);
    if (port?.isReleasing === true) {
      await port.released;
      return findHeld(address, code);
    }
    if (port === undefined || port.address === address) return port;
    const retryable = code === 'ERR_NETWORK';
    const message = `the port of ${quote(address, 200)} is in use as ${quote(port.address, 200)}`;
    throw new WaypostError(code, message, { retryable });
  };

  return {
    schemes: ['serial'],
    supports: { open: true, accept: true },

    async open(address, { signal } = {}) {
      const known = await findHeld(address, 'ERR_NETWORK');
      signal?.throwIfAborted();
      if (known !== undefined) return known.openLink();
      const line = await openLine(address);
      return hold(address, line).openLink();
    },

    async accept(address, { signal } = {}): Promise<LinkListener> {
      const known = await findHeld(address, 'ERR_LISTEN');
      signal?.throwIfAborted();
      if (known?.isListening === true) {
        throw new WaypostError('ERR_LISTEN', `${quote(address, 200)} is in use by this process`);
      }
      if (known !== undefined) return known.listen();
      const first = await openIfThere(() => openLine(address));
      return hold(address, first).listen();
    },
  };
}

/** Undefined when the port is not there yet. */
async function openIfThere(open: () => Promise<FramedLine>): Promise<FramedLine | undefined> {
  try {
    return await open();
  } catch (error) {
    if (isWaypostError(error, 'ERR_NETWORK')) return undefined;
    if (!isWaypostError(error)) throw error;
    throw new WaypostError('ERR_LISTEN', error.message, { cause: error });
  }
}

import { compactEnvelope } from '../../src/link/compact/compact.js';
import { expandEnvelope } from '../../src/link/compact/expand.js';
import { type LinkTransportOptions, linkTransport } from '../../src/transport/link-transport.js';
import { createTimers } from '../../src/transport/timers.js';
import type { Transport } from '../../src/transport/transport.js';
import { createSerialDriver, type SerialDriverOptions } from './driver.js';

export interface SerialTransportOptions extends LinkTransportOptions, Pick<SerialDriverOptions, 'openPort'> {}

/**
 * DIDComm over serial lines (docs/transports/serial.md): messages of the link protocol, which are resumed and
 * acknowledged. `dial` and `listen` throw what {@link createSerialDriver} says.
 */
export function createSerialTransport(options: SerialTransportOptions): Transport {
  const timers = createTimers(options.scheduler, options.now);
  const transform = { encode: compactEnvelope, decode: expandEnvelope };
  return linkTransport(createSerialDriver({ ...options, timers }), { transform, ...options });
}

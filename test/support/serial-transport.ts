import type { LinkProfile } from '../../firmware-sim/profiles.js';
import { silentLogger } from '../../src/core/logger.js';
import { createMemoryPartials } from '../../src/link/memory-partials.js';
import type { Address, Transport } from '../../src/transport/transport.js';
import { createSerialTransport, type SerialTransportOptions } from '../../transports/serial/transport.js';
import type { TransportFixture } from '../conformance/transport-connection.js';
import { openTestLine, scheduler, timers, UNHURRIED } from './pty-lines.js';
import { primitives } from './station.js';

/** The transport of one station: what a process has. */
export async function serialTransport(
  maxMessageBytes = 256 * 1024,
  options: Partial<Pick<SerialTransportOptions, 'openPort' | 'partials'>> = {},
): Promise<Transport> {
  return createSerialTransport({
    scheduler,
    now: timers.now,
    random: Math.random,
    sha256: (bytes) => primitives.sha256(bytes),
    partials: await createMemoryPartials({ clock: { nowMs: () => Date.now() } }),
    logger: silentLogger,
    stationId: primitives.randomBytes(16),
    limits: { maxMessageBytes, creditBytes: 2 * maxMessageBytes },
    ...options,
  });
}

/** Two stations on a simulated line, looking like one transport: what dials the one end gets out at the other. */
export async function serialFixture(
  profile: LinkProfile = UNHURRIED,
  maxMessageBytes = 256 * 1024,
): Promise<TransportFixture> {
  const line = await openTestLine(profile);
  const [near, far] = await Promise.all([serialTransport(maxMessageBytes), serialTransport(maxMessageBytes)]);
  const [listenAddress, dialAddress] = line.addresses;
  return {
    transport: { ...near, dial: (address, options) => far.dial(otherEnd(address), options) },
    listenAddress,
    deadAddress: `serial:${line.paths[0]}-absent`,
    patienceMs: 10_000,
    [Symbol.asyncDispose]: () => line[Symbol.asyncDispose](),
  };

  function otherEnd(address: Address): Address {
    return address === listenAddress ? dialAddress : address;
  }
}

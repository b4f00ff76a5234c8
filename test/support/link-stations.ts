import { silentLogger } from '../../src/core/logger.js';
import { createScheduler } from '../../src/core/scheduler.js';
import type { LinkDriver } from '../../src/link/link.js';
import { createMemoryPartials } from '../../src/link/memory-partials.js';
import { type LinkTransportOptions, linkTransport } from '../../src/transport/link-transport.js';
import type { Transport } from '../../src/transport/transport.js';
import { sha256 } from './link-simulation.js';

/** A transport over the links of a driver, with the real time and a store in memory. */
export async function linkTransportOf(
  driver: LinkDriver,
  options: Partial<LinkTransportOptions> = {},
): Promise<Transport> {
  const clock = { nowMs: () => Date.now() };
  return linkTransport(driver, {
    scheduler: createScheduler(),
    now: () => performance.now(),
    random: Math.random,
    sha256,
    partials: await createMemoryPartials({ clock }),
    logger: silentLogger,
    stationId: new Uint8Array(16).fill(7),
    ...options,
  });
}

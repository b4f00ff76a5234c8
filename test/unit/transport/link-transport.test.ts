import { expect, test } from 'vitest';
import { describeTransport } from '../../conformance/transport.js';
import type { TransportFixture } from '../../conformance/transport-connection.js';
import { randomFrom } from '../../crash/random.js';
import { linkTransportOf } from '../../support/link-stations.js';
import { createMemoryLinks, type Intercept } from '../../support/memory-links.js';

const SUPPORTS = { dial: true, listen: true, acknowledged: true, duplex: true };

function fixture(mtuBytes: number, intercept?: Intercept): () => Promise<TransportFixture> {
  return async () => ({
    transport: await linkTransportOf(createMemoryLinks({ mtuBytes, ...(intercept && { intercept }) })),
    listenAddress: 'wire:station',
    deadAddress: 'wire:nobody',
    async [Symbol.asyncDispose]() {},
  });
}

/** Loses one frame in ten, doubles one in ten, and lets one in ten wait until some others are past. */
function faulty(seed: number): Intercept {
  const random = randomFrom(seed);
  return (frame, next) => {
    const fate = random();
    if (fate < 0.1) return;
    if (fate < 0.2) next(frame);
    if (fate < 0.3) setTimeout(() => next(frame), 3 * random());
    else next(frame);
  };
}

describeTransport('of sessions on links', SUPPORTS, fixture(1024));
describeTransport('of sessions on links with frames of 64 bytes', SUPPORTS, fixture(64));
describeTransport('of sessions on links that lose, double and reorder', SUPPORTS, fixture(4096, faulty(1)));

test('a station id of another length is refused, which no peer could read', async () => {
  const made = linkTransportOf(createMemoryLinks(), { stationId: new Uint8Array(15) });
  await expect(made).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
});

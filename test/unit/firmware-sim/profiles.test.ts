import { describe, test } from 'vitest';
import { createMemoryLine } from '../../../firmware-sim/line/memory-line.js';
import { LINK_PROFILES, type LinkProfile } from '../../../firmware-sim/profiles.js';
import { seededRandom } from '../../../firmware-sim/random.js';
import { messageOf } from '../../conformance/transport-connection.js';
import { within } from '../../conformance/within.js';
import { scheduler, timers } from '../../support/pty-lines.js';
import { serialTransport } from '../../support/serial-transport.js';

const MESSAGE_BYTES = 1200;
const PATIENCE_MS = 25_000;

/** Two stations on a line in memory. */
async function openStations(profile: LinkProfile) {
  const line = createMemoryLine({ profile, random: seededRandom(5), timers, scheduler });
  const end = (at: 0 | 1) => serialTransport(64 * 1024, { openPort: async () => line.open(at) });
  const [gateway, device] = await Promise.all([end(0), end(1)]);
  const address = `serial:/dev/simulated?baudRate=${profile.baudRate}` as const;
  return { line, device, address, listener: await gateway.listen(address) };
}

describe('a message and its answer pass over a line that is', () => {
  for (const [name, profile] of Object.entries<LinkProfile>(LINK_PROFILES)) {
    test.concurrent(name, async ({ expect }) => {
      const { line, device, address, listener } = await openStations(profile);
      const serving = (async () => {
        for await (const channel of listener) {
          for await (const { bytes, accept } of channel) await accept(bytes);
        }
      })();
      const channel = await device.dial(address, { signal: AbortSignal.timeout(PATIENCE_MS) });
      const message = messageOf(MESSAGE_BYTES);
      const answer = channel[Symbol.asyncIterator]().next();
      await within('the send', channel.send(message), PATIENCE_MS);
      const { value: arrival } = await within('the answer', answer, PATIENCE_MS);
      expect([...(arrival?.bytes ?? [])]).toEqual([...message]);
      await arrival?.accept();
      await channel[Symbol.asyncDispose]();
      await listener[Symbol.asyncDispose]();
      await line[Symbol.asyncDispose]();
      await serving;
    });
  }
});

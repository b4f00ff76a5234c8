import { expect, test } from 'vitest';
import { runUntil } from '../../../firmware-sim/bluetooth/pace.js';
import { Place } from '../../../firmware-sim/bluetooth/place.js';
import { RADIO_PROFILES, type RadioProfile } from '../../../firmware-sim/bluetooth/profiles.js';
import { seededRandom } from '../../../firmware-sim/random.js';
import { isWaypostError } from '../../../src/core/errors.js';
import type { Transport } from '../../../src/transport/transport.js';
import { messageOf } from '../../conformance/transport-connection.js';
import { openBle, takeAll } from '../../support/bluetooth/ble-stations.js';
import { describePackages } from '../../support/bluetooth/describe-packages.js';

/** Enough to meet every fault: at the speed of a radio, and of one that carries 20 bytes at a time. */
const bytesFor = ({ mtu }: RadioProfile): number => (mtu === 23 ? 10_000 : 200_000);
const LIMIT_MS = 120_000;

/** Sends on one connection after the other until the message is accepted, as whoever uses a radio does. */
async function sendAtLast(phone: Transport, mtu: number, message: Uint8Array): Promise<void> {
  for (;;) {
    try {
      await using channel = await phone.dial(`ble:?mtu=${mtu}`);
      return await channel.send(message);
    } catch (error) {
      if (!isWaypostError(error) || !error.retryable) throw error;
    }
  }
}

async function sendThree(place: Place, profile: RadioProfile) {
  const computer = place.addGateway();
  await using gateway = await openBle(place, { computer });
  await using phone = await openBle(place, place.addPhone());
  const { taken } = await takeAll(gateway.native, 'ble:');
  for (const extra of [0, 1, 2]) await sendAtLast(phone.native, profile.mtu, messageOf(bytesFor(profile) + extra));
  return { lengths: taken.map((hex) => hex.length / 2), dropped: computer.dropped };
}

describePackages('three messages arrive over a radio that is', () => {
  for (const [name, profile] of Object.entries<RadioProfile>(RADIO_PROFILES)) {
    test(name, async () => {
      const place = new Place(profile, seededRandom(1));
      const { lengths, dropped } = await runUntil(place.timeline, sendThree(place, profile), { limitMs: LIMIT_MS });
      expect(lengths).toEqual([0, 1, 2].map((extra) => bytesFor(profile) + extra));
      expect(dropped > 0).toBe(profile.gatewayBufferBytes !== undefined);
    });
  }
}, ['stoprocent']);

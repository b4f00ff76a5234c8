import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { silentLogger } from '../../../../src/core/logger.js';
import { createScheduler } from '../../../../src/core/scheduler.js';
import type { Address } from '../../../../src/transport/transport.js';
import { DEFAULT_MQTT_LIMITS } from '../../../../transports/mqtt/limits.js';
import { describeMosquitto } from '../../../support/describe-mosquitto.js';
import { type Mosquitto, startMosquitto } from '../../../support/mosquitto.js';
import { mqttTransport } from '../../../support/mqtt-transport.js';
import { localOutbound } from '../local.js';

/** How long a listener waits between attempts, on a clock for which a second is a millisecond. */
const { connectTimeoutMs, reconnectInitialMs, reconnectMaxMs } = DEFAULT_MQTT_LIMITS;

async function open(address: Address) {
  const real = createScheduler();
  const waits: number[] = [];
  const count = { connected: 0 };
  const transport = await mqttTransport({
    onConnected: () => {
      count.connected++;
    },
    limits: { reconnectInitialMs, reconnectMaxMs },
    outbound: {
      ...localOutbound,
      lookup: async () => {
        throw new Error('no such name');
      },
    },
    scheduler: { after: (ms, run) => real.after(ms === connectTimeoutMs ? ms : ms / 1000, run) },
    logger: {
      ...silentLogger,
      warn: (event, fields) => {
        if (event === 'mqtt.unreachable') waits.push(Number(fields?.retryInMs));
      },
    },
  });
  await transport.listen(address);
  return { transport, waits, count, [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose]() };
}

test.each([
  ['on the own network every few seconds', 'mqtt://127.0.0.1:1/didcomm/station/in', 5000],
  ['elsewhere every minute', 'mqtts://broker.example/didcomm/station/in', 60_000],
] as const)('a broker that stays away is asked %s', async (_, address, longestMs) => {
  await using station = await open(address);
  await vi.waitFor(() => expect(station.waits.length).toBeGreaterThanOrEqual(10), 5000);
  expect(station.waits[0]).toBeLessThanOrEqual(1000);
  for (const waitMs of station.waits.slice(7)) {
    expect(waitMs).toBeGreaterThanOrEqual(longestMs / 2);
    expect(waitMs).toBeLessThanOrEqual(longestMs);
  }
});

describeMosquitto('a broker that was killed and comes back', () => {
  let broker: Mosquitto;
  beforeAll(async () => {
    broker = await startMosquitto();
  });
  afterAll(() => broker[Symbol.asyncDispose]());

  test('is found again, however often', async () => {
    await using station = await open(`${broker.origin}/didcomm/station/in`);
    const isConnected = () => station.transport.states()[0]?.isConnected;
    for (let round = 0; round < 3; round++) {
      await vi.waitFor(() => expect(isConnected()).toBe(true), 5000);
      await broker.kill();
      await vi.waitFor(() => expect(station.transport.states()[0]?.lastError).not.toBe(null), 5000);
      await broker.start();
    }
    await vi.waitFor(() => expect(isConnected()).toBe(true), 5000);
    expect(station.count.connected).toBe(4); // each time, what waits for others at that broker is tried
    expect(Math.max(...station.waits)).toBeLessThanOrEqual(5000);
  });
});

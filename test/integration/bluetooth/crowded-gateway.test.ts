import { expect, test } from 'vitest';
import { isWaypostError } from '../../../src/core/errors.js';
import { silentLogger } from '../../../src/core/logger.js';
import { DEFAULT_PARTIAL_LIMITS } from '../../../src/link/partial-store.js';
import type { Channel } from '../../../src/transport/transport.js';
import { Agent, enrol, fetchFor, textsOf } from '../../support/agent.js';
import { openBleGateway } from '../../support/bluetooth/ble-gateway.js';
import { openBle } from '../../support/bluetooth/ble-stations.js';
import { describePackages } from '../../support/bluetooth/describe-packages.js';
import { deaf, fickle, garbage, halfOpen, oversized } from '../../support/bluetooth/hostile-phones.js';
import { reachableOver, wireOf } from '../../support/bluetooth/wire.js';
import { World } from '../../support/bluetooth/world.js';
import { heldBytes } from '../../support/collect-garbage.js';
import { resolver } from '../../support/station.js';

const MIB = 1024 * 1024;
const ROUNDS = 4;
/** Of simulated time. */
const ATTACK_MS = process.env.WAYPOST_SOAK_SECONDS === undefined ? 40_000 : 400_000;

describePackages('a gateway with three slots', () => {
  test('eight phones that want to stay: each is served soon, again and again', async ({ annotate }) => {
    const world = new World();
    await annotate(await world.run(serveEight(world)));
  });

  test('hostile phones of every kind at once cost an honest one little, and the gateway nothing', {
    timeout: 300_000,
  }, async ({ annotate }) => {
    const world = new World();
    await annotate(await world.run(withstand(world)));
  });
}, ['stoprocent']);

async function serveEight(world: World): Promise<string> {
  await using station = await openBleGateway(world);
  const waitsMs: number[] = [];
  const phone = async (index: number) => {
    const agent = new Agent();
    const ble = await openBle(world, world.device(), { connectTimeoutMs: 5000, limits: { maxMessageBytes: MIB } });
    const connect = async () => {
      const channel = await ble.native.dial('ble:');
      return { channel, gateway: reachableOver(station.did, wireOf(channel)) };
    };
    let connection: Awaited<ReturnType<typeof connect>> | undefined;
    const texts = Array.from({ length: ROUNDS }, (_, round) => `phone ${index}, letter ${round}`.padEnd(3000));
    for (const [round, text] of texts.entries()) {
      await world.sleep(1000 * (index % 3)); // not all of them at the same moment
      const wantedAtMs = world.timeline.nowMs();
      const packed = Buffer.from(await agent.packForward(text, agent.did, station.did));
      for (let isServed = false; !isServed; ) {
        try {
          connection ??= await connect();
          if (round === 0) await enrol(agent, connection.gateway);
          await connection.channel.send(packed);
          const isLast = round === ROUNDS - 1;
          if (isLast) expect(await textsOf(agent, await fetchFor(agent, connection.gateway))).toEqual(texts);
          isServed = true; // and stays connected
        } catch (error) {
          if (!(isWaypostError(error) && error.retryable)) throw error;
          await connection?.channel[Symbol.asyncDispose]();
          connection = undefined;
          await world.sleep(500 + 500 * Math.random());
        }
      }
      waitsMs.push(world.timeline.nowMs() - wantedAtMs);
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, index) => phone(index)));
  const { taken, slots, refused, yielded } = station.ble.slotUse;
  expect(waitsMs).toHaveLength(8 * ROUNDS);
  expect(Math.max(...waitsMs)).toBeLessThan(45_000);
  expect(taken).toBeLessThanOrEqual(slots);
  expect(yielded).toBeGreaterThanOrEqual(5);
  const worst = Math.round(Math.max(...waitsMs) / 1000);
  return `longest wait ${worst} s of ${Math.round(world.timeline.nowMs() / 1000)} s, ${refused} turned away, ${yielded} made room`;
}

async function withstand(world: World): Promise<string> {
  const counted = { ignoredFrames: 0 };
  const logger = {
    ...silentLogger,
    debug: (_event: string, { ignoredFrames = 0 }: { ignoredFrames?: number } = {}) => {
      counted.ignoredFrames += ignoredFrames;
    },
  };
  await using station = await openBleGateway(world, { ble: { logger } });
  const honest = await honestPhone(world, station.did);
  const alone = await honest.goodput(10_000);

  let isOver = false;
  const raid = { world, did: station.did, isOver: () => isOver };
  const beforeBytes = heldBytes();
  let mostBytes = 0;
  const raids = Promise.all([halfOpen, garbage, oversized, deaf, fickle].map((attack) => attack(raid)));
  const watching = (async () => {
    while (!isOver) {
      await world.sleep(ATTACK_MS / 8);
      mostBytes = Math.max(mostBytes, heldBytes());
      expect(station.ble.slotUse.taken).toBeLessThanOrEqual(3);
      expect(station.partials.usage.reservedBytes).toBeLessThanOrEqual(DEFAULT_PARTIAL_LIMITS.maxTotalBytes);
    }
  })();
  const attacked = await honest.goodput(ATTACK_MS);
  isOver = true;
  const times = await raids;
  await watching;

  // The air is shared, and so are the slots: more than that an honest phone does not lose.
  expect(attacked).toBeGreaterThan(alone / 4);
  const growthMiB = (mostBytes - beforeBytes) / MIB;
  expect(growthMiB).toBeLessThan(32);
  const { refused } = station.ble.slotUse;
  expect(refused).toBeGreaterThan(10);
  expect(counted.ignoredFrames).toBeGreaterThan(100);
  expect(times.reduce((sum, count) => sum + count)).toBeGreaterThan(100);
  expect((await station.store.status(resolver.canonical(honest.did))).messages).toBe(honest.letters);
  expect((await station.store.destinations({ limit: 10 })).length).toBeLessThanOrEqual(2); // it, and whoever is deaf
  const goodput = `${Math.round(attacked)} of ${Math.round(alone)} B/s`;
  return `${goodput}, ${times.join(' + ')} attacks, ${refused} turned away, ${growthMiB.toFixed(0)} MiB more memory`;
}

/** Sends one letter after the other to itself, on one connection as long as it has it. */
async function honestPhone(world: World, gatewayDid: string) {
  const agent = new Agent();
  const ble = await openBle(world, world.device(), { connectTimeoutMs: 5000, limits: { maxMessageBytes: MIB } });
  let channel: Channel | undefined = await ble.native.dial('ble:');
  await enrol(agent, reachableOver(gatewayDid, wireOf(channel)));
  let letters = 0;
  const send = async (packed: Uint8Array): Promise<void> => {
    for (;;) {
      try {
        channel ??= await ble.native.dial('ble:');
        await channel.send(packed);
        return;
      } catch (error) {
        if (!(isWaypostError(error) && error.retryable)) throw error;
        await channel?.[Symbol.asyncDispose]();
        channel = undefined;
        await world.sleep(500);
      }
    }
  };
  return {
    did: agent.did,
    get letters() {
      return letters;
    },
    /** Bytes a second that are accepted in `ms`, with all the waiting for a slot. */
    async goodput(ms: number): Promise<number> {
      const startMs = world.timeline.nowMs();
      let bytes = 0;
      while (world.timeline.nowMs() < startMs + ms) {
        const packed = Buffer.from(await agent.packForward(`${letters}`.padEnd(20_000, 'x'), agent.did, gatewayDid));
        await send(packed);
        letters++;
        bytes += packed.length;
      }
      return (1000 * bytes) / (world.timeline.nowMs() - startMs);
    },
  };
}

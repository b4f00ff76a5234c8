import { expect, test } from 'vitest';
import { seededRandom } from '../../../firmware-sim/random.js';
import { openBleGateway } from '../../support/bluetooth/ble-gateway.js';
import type { Device } from '../../support/bluetooth/ble-stations.js';
import { describePackages } from '../../support/bluetooth/describe-packages.js';
import { GattServer, MAILBOX, SERVICE } from '../../support/bluetooth/gatt-server.js';
import { TravellingPhone } from '../../support/bluetooth/travelling-phone.js';
import { find, inState, World } from '../../support/bluetooth/world.js';
import { DeliveryLedger } from '../../support/delivery-ledger.js';

/*
 * Two phones that are never there at the same time, and a gateway between them with its store on a disk: what either
 * writes arrives at the other once, whole and in order, whatever the radio does.
 */

const LETTERS = 100;
const FIRST_SEED = Number(process.env.WAYPOST_SEED ?? 1);
/** Other seeds are tried until so much real time has passed; at least one. */
const SOAK_MS = Number(process.env.WAYPOST_SOAK_SECONDS ?? 0) * 1000;
const LIMIT_MS = 4 * 3_600_000;
/** Of a gateway that reads its radio too slowly. */
const SMALL_BUFFER = { limitBytes: 8 * 1024 };

describePackages('two phones that never meet', () => {
  const options = { timeout: SOAK_MS + 120_000 };
  test(`${LETTERS} messages each way while connections break`, options, async ({ annotate }) => {
    await forSeeds(async (seed) => {
      const world = new World({ seed, lossRate: 0.02 });
      const { summary } = await world.run(exchange(world, seed, world.device()), LIMIT_MS);
      await annotate(summary);
    });
  });

  test(`the same with a receive buffer that overflows, where noble alone loses data`, options, async ({ annotate }) => {
    await forSeeds(async (seed) => {
      const bare = new World({ seed });
      const [arrived, sent] = await bare.run(sendBare(bare, seed));
      expect(arrived).toBeLessThan(sent);
      const world = new World({ seed });
      const device = world.device(SMALL_BUFFER);
      const exchanged = whilePausing(world, seed, device, exchange(world, seed, device));
      const { summary, dropped } = await world.run(exchanged, LIMIT_MS);
      await annotate(summary);
      expect(dropped).toBeGreaterThan(50);
    });
  });
}, ['stoprocent']);

async function forSeeds(run: (seed: number) => Promise<void>): Promise<void> {
  const endMs = performance.now() + SOAK_MS;
  let seed = FIRST_SEED;
  do await run(seed++);
  while (performance.now() < endMs);
}

/** Until `outcome` is there, the programs of `device` do something else now and then. */
async function whilePausing<T>(world: World, seed: number, { computer }: Device, outcome: Promise<T>): Promise<T> {
  const random = seededRandom(seed);
  let isOver = false;
  const pauses = (async () => {
    while (!isOver) {
      await world.sleep(200 + 3000 * random());
      computer.pause(50 + 200 * random());
    }
  })();
  try {
    return await outcome;
  } finally {
    isOver = true;
    await pauses;
  }
}

/** What happened, in a line, and how many packets the gateway's receive buffer had no room for. */
async function exchange(world: World, seed: number, device: Device): Promise<{ summary: string; dropped: number }> {
  const random = seededRandom(seed);
  await using station = await openBleGateway(world, { device });
  const ledger = new DeliveryLedger();
  const [ann, ben] = [new TravellingPhone(world, ledger), new TravellingPhone(world, ledger)];
  for (const phone of [ann, ben]) await phone.visit(station.did, 20_000); // to register
  const written = new Map<TravellingPhone, string[]>();
  for (const [from, to] of [
    [ann, ben],
    [ben, ann],
  ] as const) {
    const texts = Array.from({ length: LETTERS }, (_, n) => textOf(`${n}`, sizeOf(n, random), random));
    for (const text of texts) await from.write(text, to.agent.did, station.did);
    written.set(to, texts);
  }

  let isOver = false;
  let breaks = 0;
  const trouble = (async () => {
    while (!isOver) {
      await world.sleep(500 - 4000 * Math.log(1 - random()));
      const phone = [ann, ben].find(({ isNear }) => isNear);
      if (phone === undefined) continue;
      await phone.stumble(600 + 1000 * random());
      breaks++;
    }
  })();
  let visits = 0;
  while (ledger.receivedCount < 2 * LETTERS || !ann.hasSentAll || !ben.hasSentAll) {
    await (visits++ % 2 === 0 ? ann : ben).visit(station.did, 5000 + 40_000 * random());
  }
  isOver = true;
  await trouble;

  expect(ledger.problems()).toEqual([]);
  expect(ann.received).toEqual(written.get(ann));
  expect(ben.received).toEqual(written.get(ben));
  expect((await station.store.size()).messages).toBe(0);
  expect(breaks).toBeGreaterThanOrEqual(5);
  const seconds = Math.round(world.timeline.nowMs() / 1000);
  const connections = ann.connections + ben.connections;
  const { dropped } = device.computer;
  const events = `${visits} visits, ${connections} connections, ${breaks} breaks, ${dropped} packets dropped`;
  return { summary: `seed ${seed}: ${seconds} s, ${events}`, dropped };
}

/** A few texts of a picture's size among many short ones. */
function sizeOf(n: number, random: () => number): number {
  if (n === 0) return 100;
  if (n % 50 === 49) return 200_000;
  const [least, most] = n % 10 === 9 ? [10_000, 60_000] : n % 10 > 6 ? [1000, 10_000] : [100, 1000];
  return Math.round(least * (most / least) ** random());
}

/** So many bytes that no other text has. */
function textOf(name: string, bytes: number, random: () => number): string {
  const letters = Array.from({ length: bytes }, () => String.fromCharCode(97 + Math.floor(26 * random()))).join('');
  return `${name} ${letters}`.slice(0, bytes);
}

/** Values that are written with noble and read with bleno, without anything of ours in between. */
async function sendBare(world: World, seed: number): Promise<[arrived: number, sent: number]> {
  const device = world.device(SMALL_BUFFER);
  const bleno = world.bleno(device, 'stoprocent');
  const noble = world.noble(world.device(), 'stoprocent');
  noble.setMaxListeners(0); // each write that waits listens for a disconnection
  await Promise.all([inState(bleno, 'poweredOn'), inState(noble, 'poweredOn')]);
  const server = new GattServer(bleno, 'stoprocent');
  await server.advertise();
  const peripheral = await find(noble, SERVICE);
  await peripheral.connectAsync({ mtu: 247 });
  const found = await peripheral.discoverSomeServicesAndCharacteristicsAsync([SERVICE], [MAILBOX]);
  const values = Array.from({ length: 3000 }, () => Buffer.alloc(244));
  for (const value of values) void found.characteristics[0]?.writeAsync(value, true).catch(() => undefined);
  await whilePausing(world, seed, device, world.sleep(10_000));
  return [server.writes.length, values.length];
}

import { once } from 'node:events';
import { expect, test } from 'vitest';
import { describePackages } from '../../support/bluetooth/describe-packages.js';
import { GattServer, MAILBOX, NOTIFIED, SERVICE } from '../../support/bluetooth/gatt-server.js';
import type { Family } from '../../support/bluetooth/packages.js';
import { find, inState, World } from '../../support/bluetooth/world.js';

const PHONES = 8;
const VALUES = 20;

describePackages(
  'several centrals at one bleno',
  (family) => {
    test('eight at once: each is told apart, answered, and gets its share of the air', () => {
      const world = new World();
      return world.run(serveAll(world, family));
    });

    test('a controller with three connections advertises again as soon as one of them is free', () => {
      const world = new World();
      return world.run(takeTurns(world, family));
    });
  },
  // the other family's bleno forgets its first central when a second one connects
  ['stoprocent'],
);

async function serveAll(world: World, family: Family): Promise<void> {
  const server = await gateway(world, family, PHONES);
  const finishedMs: number[] = [];
  const phones = await Promise.all(
    Array.from({ length: PHONES }, async (_, index) => {
      const { peripheral, mailbox, notified } = await phone(world, family);
      await notified.subscribeAsync();
      return { index, peripheral, mailbox, notified };
    }),
  );
  expect(server.notified.size).toBe(PHONES);
  await Promise.all(
    phones.map(async ({ index, mailbox }) => {
      for (let count = 0; count < VALUES; count++) await mailbox.writeAsync(Buffer.from([index, count]), false);
      finishedMs.push(world.timeline.nowMs());
    }),
  );
  // nobody is served in half the time of another
  expect(Math.min(...finishedMs) / Math.max(...finishedMs)).toBeGreaterThan(0.5);
  for (const { index } of phones) {
    const own = server.writes.filter(({ value }) => value[0] === index);
    expect(own.map(({ value }) => value[1])).toEqual(Array.from({ length: VALUES }, (_, count) => count));
    expect(new Set(own.map(({ connection }) => connection)).size).toBe(1);
  }

  // what is meant for one reaches that one alone
  const arrivals = phones.map(({ notified }) => once(notified, 'data'));
  for (const [connection, { update }] of server.notified) update(Buffer.from([connection]));
  const heard = await Promise.all(arrivals.map(async (arrival) => Number((await arrival)[0][0])));
  expect(new Set(heard)).toEqual(new Set(server.notified.keys()));
}

async function takeTurns(world: World, family: Family): Promise<void> {
  await gateway(world, family, 3);
  const first = [await phone(world, family), await phone(world, family), await phone(world, family)];
  const fourth = phone(world, family).then(({ peripheral }) => peripheral.state);
  expect(await Promise.race([fourth, world.sleep(5000)])).toBe(undefined);
  await first[1]?.peripheral.disconnectAsync();
  expect(await fourth).toBe('connected');
}

async function gateway(world: World, family: Family, maxConnections: number): Promise<GattServer> {
  const bleno = world.bleno(world.device({ maxConnections }), family);
  await inState(bleno, 'poweredOn');
  const server = new GattServer(bleno, family);
  await server.advertise();
  return server;
}

async function phone(world: World, family: Family) {
  const noble = world.noble(world.device(), family);
  await inState(noble, 'poweredOn');
  const peripheral = await find(noble, SERVICE);
  await peripheral.connectAsync({ mtu: 247 });
  const wanted = [MAILBOX, NOTIFIED];
  const { characteristics } = await peripheral.discoverSomeServicesAndCharacteristicsAsync([SERVICE], wanted);
  const [mailbox, notified] = wanted.map((uuid) => characteristics.find((found) => found.uuid === uuid));
  if (mailbox === undefined || notified === undefined) return expect.fail('not discovered');
  return { peripheral, mailbox, notified };
}

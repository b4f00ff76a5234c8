import { expect, test } from 'vitest';
import type { Channel, Listener } from '../../../src/transport/transport.js';
import type { Ble } from '../../../transports/ble/transport.js';
import { type Device, openBle, takeAll } from '../../support/bluetooth/ble-stations.js';
import { describePackages } from '../../support/bluetooth/describe-packages.js';
import { World } from '../../support/bluetooth/world.js';

/* A gateway that connects to sensors and other gateways by itself. */

const canonical = (did: string) => did;

describePackages('a gateway that seeks', (family) => {
  test('finds a sensor, speaks with it both ways, and finds it again when it was away', () => {
    const world = new World();
    return world.run(comeBack(world, family));
  });
});

describePackages('a gateway that seeks some', () => {
  test('connects to whoever says it has a DID of the list, and looks for nobody else then', () => {
    const world = new World();
    return world.run(chosen(world));
  });

  test('two gateways that seek each other end with one connection, and keep it', () => {
    const world = new World();
    return world.run(eachOther(world));
  });

  test('more sensors than slots take turns, and a phone that comes is served all the same', () => {
    const world = new World();
    return world.run(turns(world));
  });

  test('a peripheral with the profile of phones is found by a gateway that seeks everybody', () => {
    const world = new World();
    return world.run(phoneProfile(world));
  });
}, ['stoprocent']);

/** The channels that a listener gives, as they come; accepts all that arrives on them. */
function collect(listener: Listener) {
  const channels: Channel[] = [];
  const arrived: string[] = [];
  const open = new Set<Channel>();
  const read = async (channel: Channel) => {
    channels.push(channel);
    open.add(channel);
    for await (const arrival of channel) {
      arrived.push(Buffer.from(arrival.bytes).toString());
      await arrival.accept().catch(() => undefined);
    }
    open.delete(channel);
    await channel[Symbol.asyncDispose]();
  };
  void (async () => {
    for await (const channel of listener) void read(channel);
  })();
  return { channels, arrived, open };
}

async function until(world: World, condition: () => boolean, limitMs = 120_000): Promise<void> {
  const endMs = world.timeline.nowMs() + limitMs;
  while (!condition()) {
    if (world.timeline.nowMs() > endMs) expect.fail(`not within ${limitMs} ms: ${condition}`);
    await world.sleep(100);
  }
}

async function sensor(world: World, did: string): Promise<{ device: Device; ble: Ble; open: Set<Channel> }> {
  const device = world.device();
  const ble = await openBle(world, device, { did });
  const { open } = collect(await ble.native.listen('ble:'));
  return { device, ble, open };
}

async function comeBack(world: World, family: 'stoprocent' | 'abandonware'): Promise<void> {
  const device = world.device();
  const there = await openBle(world, device, { family, did: 'did:example:sensor' });
  const { taken, channels: theirs } = await takeAll(there.native, 'ble:');
  const gateway = await openBle(world, world.device(), { family, seek: { whom: 'all', canonical } });
  const { channels, arrived, open } = collect(gateway.seek());
  await until(world, () => channels.length === 1);
  expect(channels[0]?.claimedDid).toBe('did:example:sensor');
  await channels[0]?.send(Buffer.from('to the sensor'));
  expect(taken).toHaveLength(1);
  await until(world, () => theirs.length === 1);
  await theirs[0]?.send(Buffer.from('22 degrees'));
  expect(arrived).toEqual(['22 degrees']);
  expect(gateway.slotUse.taken).toBe(1);
  const [connection] = gateway.connections;
  expect(connection?.peer).toBe('peripheral');
  expect(await connection?.readRssi()).toBe(world.radio.rssiDbm(device.controller, device.controller));
  expect(await there.connections[0]?.readRssi()).toBeLessThan(0);

  device.controller.position = { x: 1000, y: 0 };
  await until(world, () => open.size === 0 && gateway.slotUse.taken === 0);
  device.controller.position = { x: 0, y: 0 };
  await until(world, () => open.size === 1);
  expect(channels).toHaveLength(2);
}

async function chosen(world: World): Promise<void> {
  const wanted = ['did:example:mine', 'did:example:absent'];
  const [mine, foreign] = [await sensor(world, 'did:example:mine'), await sensor(world, 'did:example:foreign')];
  const gateway = await openBle(world, world.device(), { seek: { whom: wanted, canonical } });
  const { channels } = collect(gateway.seek());
  await world.sleep(120_000);
  expect(channels.map(({ claimedDid }) => claimedDid)).toEqual(['did:example:mine']);
  expect([mine.open.size, foreign.open.size]).toEqual([1, 0]);
}

async function eachOther(world: World): Promise<void> {
  const stations = await Promise.all(
    [1, 2].map(async (number) => {
      const ble = await openBle(world, world.device(), {
        did: `did:example:${number}`,
        stationId: new Uint8Array(16).fill(number),
        seek: { whom: 'all', canonical },
      });
      return { ble, came: collect(await ble.native.listen('ble:')), dialled: collect(ble.seek()) };
    }),
  );
  const [lesser, greater] = stations;
  if (lesser === undefined || greater === undefined) return expect.fail();
  await until(world, () => lesser.dialled.open.size + greater.dialled.open.size === 1);
  await world.sleep(300_000);
  const counts = stations.map(({ came, dialled }) => [came.open.size, dialled.open.size]);
  expect(counts).toEqual([
    [0, 1],
    [1, 0],
  ]);
  const all = stations.flatMap(({ came, dialled }) => [...came.channels, ...dialled.channels]);
  expect(all.length).toBeLessThanOrEqual(4);
  const [channel] = greater.came.open;
  await channel?.send(Buffer.from('hello'));
  expect(lesser.dialled.arrived).toEqual(['hello']);
}

async function turns(world: World): Promise<void> {
  const gateway = await openBle(world, world.device(), { slots: { slots: 2 }, seek: { whom: 'all', canonical } });
  const { channels } = collect(gateway.seek());
  const { taken } = await takeAll(gateway.native, 'ble:');
  for (const name of ['a', 'b', 'c']) await sensor(world, `did:example:${name}`);
  await until(world, () => new Set(channels.map(({ claimedDid }) => claimedDid)).size === 3, 300_000);
  expect(gateway.slotUse.taken).toBeLessThanOrEqual(2);
  const phone = await openBle(world, world.device());
  let isSent = false;
  while (!isSent) {
    try {
      const channel = await phone.native.dial(`ble:${addressOf(1)}`);
      await channel.send(Buffer.from('from the phone'));
      isSent = true;
    } catch {
      await world.sleep(1000);
    }
  }
  expect(taken).toHaveLength(1);
}

/** Of the radio of the first, second... device of a world. */
function addressOf(number: number): string {
  return `c0:ff:ee:00:00:0${number}`;
}

async function phoneProfile(world: World): Promise<void> {
  const phone = await openBle(world, world.device());
  const { taken } = await takeAll(phone.dif, 'ble-dif:');
  const gateway = await openBle(world, world.device(), { seek: { whom: 'all', canonical } });
  const { channels } = collect(gateway.seek());
  await until(world, () => channels.length === 1);
  await channels[0]?.send(Buffer.from('{"text":1}'));
  await until(world, () => taken.length === 1);
}

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { PACKET_TYPE } from '../../../firmware-sim/bluetooth/hci/codes.js';
import { type Intercept, passAll } from '../../../firmware-sim/bluetooth/intercept.js';
import { describePackages } from '../../support/bluetooth/describe-packages.js';
import { GattServer, MAILBOX, SERVICE } from '../../support/bluetooth/gatt-server.js';
import type { Family } from '../../support/bluetooth/packages.js';
import { find, inState, World } from '../../support/bluetooth/world.js';

const VALUE_BYTES = 244;
const VALUES = 60;
const CONNECTION_TIMEOUT = 0x08;

describePackages('noble and bleno when things go wrong', (family) => {
  test('lost packets are sent again: nothing is missing, and it takes longer', async () => {
    const quiet = await timeToWrite(family, new World());
    const noisy = await timeToWrite(family, new World({ lossRate: 0.2 }));
    expect(noisy).toBeGreaterThan(1.2 * quiet);
  });

  test('out of range, both sides find out after the supervision timeout, and meet again', () => {
    const world = new World();
    return world.run(walkAway(world, family));
  });

  test('a host that does not read in time loses packets without a word', () => {
    const world = new World();
    return world.run(overflow(world, family));
  });

  test('one hook: packets between controller and host are dropped and doubled', () => {
    let fault: Intercept = passAll;
    const world = new World({ intercept: (packet, next) => fault(packet, next) });
    return world.run(
      dropAndDouble(world, family, (intercept) => {
        fault = intercept;
      }),
    );
  });

  test('the same seed gives the same run, packet for packet', async () => {
    const runs = [await trace(family, 7), await trace(family, 7), await trace(family, 8)];
    expect(runs[1]).toBe(runs[0]);
    expect(runs[2]).not.toBe(runs[0]);
  });
});

async function connect(world: World, family: Family, gatewayOptions = {}) {
  const [gateway, phone] = [world.device(gatewayOptions), world.device()];
  const bleno = world.bleno(gateway, family);
  const noble = world.noble(phone, family);
  noble.setMaxListeners(0); // each write that waits listens for a disconnection
  await Promise.all([inState(bleno, 'poweredOn'), inState(noble, 'poweredOn')]);
  const server = new GattServer(bleno, family);
  await server.advertise();
  const peripheral = await find(noble, SERVICE);
  const mailbox = async () => {
    await peripheral.connectAsync({ mtu: 247 });
    const found = await peripheral.discoverSomeServicesAndCharacteristicsAsync([SERVICE], [MAILBOX]);
    return found.characteristics[0] ?? expect.fail('not discovered');
  };
  return { gateway, phone, bleno, server, peripheral, reconnect: mailbox, mailbox: await mailbox() };
}

/** Numbered values, so that a missing one shows. */
const values = Array.from({ length: VALUES }, (_, index) => {
  const value = Buffer.alloc(VALUE_BYTES);
  value.writeUInt32BE(index);
  return value;
});

function timeToWrite(family: Family, world: World): Promise<number> {
  return world.run(
    (async () => {
      const { server, mailbox } = await connect(world, family);
      const startMs = world.timeline.nowMs();
      for (const value of values) void mailbox.writeAsync(value, true);
      await server.until(() => server.writes.length === VALUES);
      expect(server.writes.map(({ value }) => value)).toEqual(values);
      return world.timeline.nowMs() - startMs;
    })(),
  );
}

async function walkAway(world: World, family: Family): Promise<void> {
  const { phone, bleno, server, peripheral, reconnect } = await connect(world, family);
  const startMs = world.timeline.nowMs();
  const gone = Promise.all([once(peripheral, 'disconnect'), once(bleno, 'disconnect')]);
  phone.controller.position = { x: 1000, y: 0 };
  const [[reason]] = await gone;
  // noble asks for 420 ms
  expect(world.timeline.nowMs() - startMs).toBeGreaterThanOrEqual(400);
  expect(world.timeline.nowMs() - startMs).toBeLessThan(600);
  if (family === 'stoprocent') expect(reason).toBe(CONNECTION_TIMEOUT);

  phone.controller.position = { x: 1, y: 0 };
  await (await reconnect()).writeAsync(Buffer.from('back'), false);
  expect(String(server.writes[0]?.value)).toBe('back');
}

async function overflow(world: World, family: Family): Promise<void> {
  const { gateway, server, mailbox } = await connect(world, family, { limitBytes: 16_384 });
  gateway.computer.pause(2000);
  for (const value of values) void mailbox.writeAsync(value, true);
  await world.sleep(4000);
  expect(server.writes.length).toBeGreaterThan(0);
  expect(server.writes.length).toBeLessThan(VALUES);
  expect(gateway.computer.dropped).toBe(VALUES - server.writes.length);
}

async function dropAndDouble(world: World, family: Family, set: (fault: Intercept) => void): Promise<void> {
  const { gateway, server, mailbox } = await connect(world, family);
  let count = 0;
  set((packet, next) => {
    const isData = packet.layer === 'host' && packet.to === gateway.controller.address && isAcl(packet.bytes);
    const number = isData ? count++ : -1;
    if (number !== 1) next();
    if (number === 2) next();
  });
  for (const value of values.slice(0, 4)) await mailbox.writeAsync(value, true);
  await server.until(() => server.writes.length === 4);
  expect(server.writes.map(({ value }) => value.readUInt32BE())).toEqual([0, 2, 2, 3]);
}

function isAcl(bytes: Uint8Array): boolean {
  return bytes[0] === PACKET_TYPE.acl;
}

async function trace(family: Family, seed: number): Promise<string> {
  const hash = createHash('sha256');
  const intercept: Intercept = (packet, next) => {
    hash.update(`${world.timeline.nowUs} ${JSON.stringify(packet)}\n`);
    next();
  };
  const world = new World({ seed, lossRate: 0.1, intercept });
  await timeToWrite(family, world);
  return hash.digest('hex');
}

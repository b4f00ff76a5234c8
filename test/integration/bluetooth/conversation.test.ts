import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { valueCeiling } from '../../../firmware-sim/bluetooth/air-time.js';
import { describePackages } from '../../support/bluetooth/describe-packages.js';
import { GattServer, INDICATED, MAILBOX, NOTIFIED, SERVICE } from '../../support/bluetooth/gatt-server.js';
import type { Bleno, Family, NobleCharacteristic, NoblePeripheral } from '../../support/bluetooth/packages.js';
import { find, inState, World } from '../../support/bluetooth/world.js';

/** The MTUs that a family can be brought to: abandonware's noble always asks for 256. */
const MTUS = { stoprocent: [23, 185, 247, 517], abandonware: [256] } as const;
/** No attribute value is longer, whatever the MTU (Core Specification, Vol 3 Part F, 3.2.9). */
const MAX_VALUE_BYTES = 512;
const BULK_BYTES = 100_000;

describePackages('noble and bleno over virtual controllers', (family) => {
  for (const mtu of MTUS[family]) {
    test(`MTU ${mtu}: discovery, reads, writes and updates of every kind`, () => {
      const world = new World();
      return world.run(converse(world, family, mtu));
    });

    test(`MTU ${mtu}: 100 KB each way at nearly what the radio can carry`, () => {
      const world = new World();
      return world.run(moveBulk(world, family, mtu));
    });
  }
});

async function meet(world: World, family: Family, mtu: number) {
  const [gateway, phone] = [world.device(), world.device()];
  const bleno = world.bleno(gateway, family);
  allowMtu(bleno, mtu);
  const noble = world.noble(phone, family);
  await Promise.all([inState(bleno, 'poweredOn'), inState(noble, 'poweredOn')]);
  const server = new GattServer(bleno, family);
  await server.advertise('gateway');
  const peripheral = await find(noble, SERVICE);
  await peripheral.connectAsync({ mtu });
  return { gateway, phone, bleno, noble, server, peripheral, ...(await discover(peripheral)) };
}

/** bleno caps the MTU at 256, in a private field that takes other values. */
function allowMtu(bleno: Bleno, mtu: number): void {
  const { _bindings } = bleno as unknown as { _bindings: { _gatt: { maxMtu: number } } };
  _bindings._gatt.maxMtu = Math.max(_bindings._gatt.maxMtu, mtu);
}

async function discover(peripheral: NoblePeripheral) {
  const wanted = [MAILBOX, NOTIFIED, INDICATED];
  const { characteristics } = await peripheral.discoverSomeServicesAndCharacteristicsAsync([SERVICE], wanted);
  const [mailbox, notified, indicated] = wanted.map((uuid) => characteristics.find((found) => found.uuid === uuid));
  if (mailbox === undefined || notified === undefined || indicated === undefined) return expect.fail('not discovered');
  return { mailbox, notified, indicated };
}

async function converse(world: World, family: Family, mtu: number): Promise<void> {
  const { gateway, server, peripheral, mailbox, notified, indicated } = await meet(world, family, mtu);
  expect(peripheral.address).toBe(gateway.controller.address);
  expect(peripheral.advertisement.localName).toBe('gateway');
  expect(peripheral.advertisement.serviceUuids).toEqual([SERVICE]);
  expect(mailbox.properties).toEqual(['read', 'writeWithoutResponse', 'write']);
  expect(peripheral.mtu).toBe(mtu);

  // what does not fit into one answer is read on with offsets (Read Blob)
  const valueBytes = Math.min(mtu - 3, MAX_VALUE_BYTES);
  for (const length of [0, 1, valueBytes + 2, MAX_VALUE_BYTES].filter((bytes) => bytes <= MAX_VALUE_BYTES)) {
    server.stored = randomBytes(length);
    expect(await mailbox.readAsync()).toEqual(server.stored);
  }

  // what is longer than a packet is prepared and executed
  const values = [randomBytes(1), randomBytes(valueBytes), randomBytes(MAX_VALUE_BYTES)];
  for (const value of values) await mailbox.writeAsync(value, false);
  await mailbox.writeAsync(randomBytes(valueBytes), true);
  await server.until(() => server.writes.length === 4);
  expect(server.writes.slice(0, 3).map(({ value }) => value)).toEqual(values);

  const update = randomBytes(valueBytes);
  for (const [characteristic, subscribers] of [
    [notified, server.notified],
    [indicated, server.indicated],
  ] as const) {
    await characteristic.subscribeAsync();
    const [subscriber] = [...subscribers.values()];
    expect(subscriber?.maxValueBytes).toBe(mtu - 3);
    const arrival = once(characteristic, 'data');
    subscriber?.update(update);
    expect((await arrival)[0]).toEqual(update);
  }
  await server.until(() => server.confirmations === 1);

  const gone = once(peripheral, 'disconnect');
  await peripheral.disconnectAsync();
  await gone;
  await peripheral.connectAsync({ mtu });
  server.stored = Buffer.from('again');
  expect(String(await (await discover(peripheral)).mailbox.readAsync())).toBe('again');
  await peripheral.disconnectAsync();
}

async function moveBulk(world: World, family: Family, mtu: number): Promise<void> {
  const { noble, server, mailbox, notified } = await meet(world, family, mtu);
  noble.setMaxListeners(0); // each write that waits listens for a disconnection
  await notified.subscribeAsync();
  const data = randomBytes(BULK_BYTES);
  const valueBytes = Math.min(mtu - 3, MAX_VALUE_BYTES);
  const values = Array.from({ length: Math.ceil(data.length / valueBytes) }, (_, index) => {
    return data.subarray(index * valueBytes, (index + 1) * valueBytes);
  });
  const least = 0.9 * valueCeiling(1, 251, valueBytes);

  let startMs = world.timeline.nowMs();
  for (const value of values) void mailbox.writeAsync(value, true);
  await server.until(() => server.writtenBytes === data.length);
  expect(Buffer.concat(server.writes.map(({ value }) => value)).equals(data)).toBe(true);
  expect((data.length * 1000) / (world.timeline.nowMs() - startMs)).toBeGreaterThan(least);

  startMs = world.timeline.nowMs();
  const arrival = collect(notified, data.length);
  const [subscriber] = [...server.notified.values()];
  for (const value of values) subscriber?.update(value);
  expect((await arrival).equals(data)).toBe(true);
  expect((data.length * 1000) / (world.timeline.nowMs() - startMs)).toBeGreaterThan(least);
}

function collect(characteristic: NobleCharacteristic, bytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  return new Promise((resolve) => {
    characteristic.on('data', (value: Buffer) => {
      parts.push(value);
      length += value.length;
      if (length >= bytes) resolve(Buffer.concat(parts));
    });
  });
}

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import type { GattProfile } from '../../../transports/ble/ports.js';
import { DIF, NATIVE } from '../../../transports/ble/profiles.js';
import { openBle, takeAll } from '../../support/bluetooth/ble-stations.js';
import { describePackages } from '../../support/bluetooth/describe-packages.js';
import type { NoblePeripheral } from '../../support/bluetooth/packages.js';
import { find, inState, World } from '../../support/bluetooth/world.js';

/*
 * Phones that use noble directly, as a program would that was written from docs/transports/ble.md: well behaved ones,
 * and others.
 */

const MTU = 185;

describePackages('phones that are not waypost', () => {
  test('a phone with the DIF profile: text in pieces, long writes, EOM; what it left unfinished spoils nothing', () => {
    const world = new World();
    return world.run(difPhone(world));
  });

  test('requests that end too soon, garbage, silence and endless messages cost the others nothing', () => {
    const world = new World();
    return world.run(hostilePhones(world));
  });

  test('who the gateway says it is can be read by anybody', () => {
    const world = new World();
    return world.run(readInformation(world));
  });
}, ['stoprocent']);

async function meet(world: World, profile: GattProfile) {
  const noble = world.noble(world.device(), 'stoprocent');
  noble.setMaxListeners(0);
  await inState(noble, 'poweredOn');
  const peripheral = await find(noble, profile.serviceUuid);
  const connect = async () => {
    await peripheral.connectAsync({ mtu: MTU });
    const { characteristics } = await peripheral.discoverSomeServicesAndCharacteristicsAsync([profile.serviceUuid], []);
    const of = (uuid: string | undefined) =>
      characteristics.find((found) => found.uuid === uuid) ?? expect.fail(`no ${uuid}`);
    return { write: of(profile.writeUuid), update: of(profile.updateUuid), of };
  };
  /** One packet of the attribute protocol as it is. */
  const writeAtt = (packet: Buffer) => attOf(noble, peripheral).writeAtt(packet);
  return { peripheral, connect, writeAtt };
}

function attOf(noble: object, { id }: NoblePeripheral & { id?: string }): { writeAtt(packet: Buffer): void } {
  const { _bindings } = noble as { _bindings: { _gatts: Record<string, { writeAtt(packet: Buffer): void }> } };
  return _bindings._gatts[id ?? ''] ?? expect.fail('not connected');
}

async function difPhone(world: World): Promise<void> {
  const gateway = await openBle(world, world.device());
  const { taken, channels } = await takeAll(gateway.dif, 'ble-dif:');
  const { peripheral, connect } = await meet(world, DIF);
  const texts = [`{"a":"${'0'.repeat(2000)}"}`, `{"b":"${'1'.repeat(300)}"}`];

  const first = await connect();
  await first.update.subscribeAsync();
  for (let start = 0; start < 2000; start += MTU - 12) {
    await first.write.writeAsync(Buffer.from((texts[0] ?? '').slice(start, start + MTU - 12)), false);
  }
  const gone = once(peripheral, 'disconnect');
  await peripheral.disconnectAsync(); // before the end of its message
  await gone;

  const { write, update } = await connect();
  await update.subscribeAsync();
  for (const text of texts) {
    // As iOS does it: 400 bytes at once are more than a packet holds, and travel as prepared writes.
    for (let start = 0; start < text.length; start += 400) {
      await write.writeAsync(Buffer.from(text.slice(start, start + 400)), false);
    }
    await write.writeAsync(Buffer.from('EOM'), false);
  }
  while (taken.length < 2) await world.sleep(50);
  expect(taken.map((hex) => Buffer.from(hex, 'hex').toString())).toEqual(texts);

  const pieces: string[] = [];
  const ended = new Promise<void>((resolve) => {
    update.on('data', (value: Buffer) => (String(value) === 'EOM' ? resolve() : pieces.push(String(value))));
  });
  await channels.at(-1)?.send(Buffer.from(texts[0] ?? ''));
  await ended;
  expect(pieces.join('')).toBe(texts[0]);
  expect(Math.max(...pieces.map(({ length }) => length))).toBe(MTU - 12);
  await peripheral.disconnectAsync();
}

async function hostilePhones(world: World): Promise<void> {
  const gateway = await openBle(world, world.device(), { slots: { slots: 5 }, limits: { maxMessageBytes: 20_000 } });
  const { taken } = await takeAll(gateway.native, 'ble:');
  const { taken: texts } = await takeAll(gateway.dif, 'ble-dif:');
  const honest = await openBle(world, world.device());
  const channel = await honest.native.dial('ble:');

  const short = await meet(world, NATIVE);
  for (const packet of ['0a', '12', '1600', '02', '08', '10', 'ff']) {
    if (short.peripheral.state !== 'connected') await short.connect();
    short.writeAtt(Buffer.from(packet, 'hex'));
    await world.sleep(200);
  }
  const garbage = await meet(world, NATIVE);
  const { write, update } = await garbage.connect();
  await update.subscribeAsync();
  for (let i = 0; i < 200; i++) void write.writeAsync(randomBytes(1 + (i % 180)), true);

  const endless = await meet(world, DIF);
  const lost = once(endless.peripheral, 'disconnect');
  const pipe = await endless.connect();
  await pipe.update.subscribeAsync();
  void (async () => {
    for (;;) await pipe.write.writeAsync(Buffer.alloc(MTU - 12, 0x7b), false);
  })().catch(() => undefined);
  await lost; // as soon as it is over the limit

  const silent = await meet(world, NATIVE);
  const left = once(silent.peripheral, 'disconnect');
  await silent.connect();
  await left; // it used nothing

  const message = randomBytes(15_000);
  await channel.send(message);
  expect(taken).toEqual([Buffer.from(message).toString('hex')]);
  expect(texts).toEqual([]);
}

async function readInformation(world: World): Promise<void> {
  const did = 'did:web:gateway.example';
  const gateway = await openBle(world, world.device(), { did, stationId: new Uint8Array(16).fill(7) });
  await takeAll(gateway.native, 'ble:');
  const { peripheral, connect } = await meet(world, NATIVE);
  const { of } = await connect();
  const information = JSON.parse(String(await of(NATIVE.informationUuid).readAsync()));
  expect(information).toEqual({ version: 1, maxMessageBytes: 256 * 1024, station: '07'.repeat(16), did });
  await peripheral.disconnectAsync();
}

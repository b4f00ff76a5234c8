import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { VirtualController } from '../../../firmware-sim/bluetooth/controller.js';
import type { Intercept } from '../../../firmware-sim/bluetooth/intercept.js';
import { silentLogger } from '../../../src/core/logger.js';
import { advertisementOf } from '../../../transports/ble/advertisement.js';
import { createOpeners } from '../../../transports/ble/open-packages.js';
import { NATIVE } from '../../../transports/ble/profiles.js';
import { openBle, packagesOf, takeAll } from '../../support/bluetooth/ble-stations.js';
import { describePackages } from '../../support/bluetooth/describe-packages.js';
import type { Family } from '../../support/bluetooth/packages.js';
import { World } from '../../support/bluetooth/world.js';

/* What shows only after months: what noble remembers, and events that the kernel dropped. */

describePackages('a gateway that runs for long', (family) => {
  test('does not keep the address of everybody who ever passed by', () => {
    const world = new World();
    return world.run(passersBy(world, family));
  });

  test('ends a connection whose credit was lost with an event after ten seconds, and goes on after it', () => {
    let isDropping = false;
    const world = new World({
      intercept: (packet, next) => {
        if (!(isDropping && isCompletion(packet))) next();
      },
    });
    const drop = (drops: boolean) => {
      isDropping = drops;
    };
    return world.run(lostCredit(world, family, drop));
  });
});

const GATEWAY = 'c0:ff:ee:00:00:01';

/** Number Of Completed Packets, to the gateway. */
function isCompletion(packet: Parameters<Intercept>[0]): boolean {
  return packet.layer === 'host' && packet.to === GATEWAY && packet.bytes[0] === 4 && packet.bytes[1] === 0x13;
}

interface Insides {
  readonly _peripherals: object;
  readonly _bindings: { readonly _addresses: object; readonly _gap: { readonly _discoveries: object } };
}

async function passersBy(world: World, family: Family): Promise<void> {
  const packages = packagesOf(world.device(), family);
  const noble = await packages.loadNoble();
  const { openCentral } = createOpeners({
    loader: { ...packages, loadNoble: async () => noble },
    scheduler: world.timeline,
    now: () => world.timeline.nowMs(),
    logger: silentLogger,
  });
  const nothing = () => {};
  await using central = await openCentral({ events: { onConnect: nothing, onDisconnect: nothing, onReset: nothing } });
  const { advertisement: data } = advertisementOf([NATIVE.serviceUuid]);
  const passers = 10;
  for (let round = 0; round < 5; round++) {
    const radios = Array.from({ length: passers }, (_, index) => {
      const address = `c0:00:00:00:0${round}:0${index}`;
      const controller = new VirtualController({ radio: world.radio, address });
      controller.power(true);
      controller.advertiser.change({ data, intervalUs: 100_000 });
      controller.advertiser.start();
      return controller;
    });
    const over = new AbortController();
    world.timeline.after(1500, () => over.abort());
    const sightings = await central.look({ profiles: [NATIVE], until: over.signal });
    expect(sightings.length).toBeGreaterThan(passers / 2);
    for (const radio of radios) radio.power(false);
    const { _peripherals, _bindings } = noble as Insides;
    const remembered = _peripherals instanceof Map ? _peripherals.size : Object.keys(_peripherals).length;
    const { _addresses, _gap } = _bindings;
    const counts = [remembered, Object.keys(_addresses).length, Object.keys(_gap._discoveries).length];
    expect(Math.max(...counts)).toBeLessThanOrEqual(passers);
  }
}

async function lostCredit(world: World, family: Family, drop: (drops: boolean) => void): Promise<void> {
  const gateway = await openBle(world, world.device(), { family });
  const { channels } = await takeAll(gateway.native, 'ble:');
  const phone = await openBle(world, world.device(), { family });
  const taken: string[] = [];
  const read = async () => {
    const channel = await phone.native.dial('ble:');
    for await (const arrival of channel) {
      taken.push(Buffer.from(arrival.bytes).toString('hex'));
      await arrival.accept().catch(() => undefined);
    }
    await channel[Symbol.asyncDispose]();
  };
  const first = read();
  while (channels.length < 1) await world.sleep(50);
  const message = randomBytes(50_000);
  const startedAtMs = world.timeline.nowMs();
  drop(true);
  await expect(channels[0]?.send(message)).rejects.toThrow('over');
  drop(false);
  expect(world.timeline.nowMs() - startedAtMs).toBeLessThan(16_000);
  await first;
  void read();
  while (channels.length < 2) await world.sleep(50);
  await channels[1]?.send(message);
  expect(taken).toEqual([message.toString('hex')]);
}

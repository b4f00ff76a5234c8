import { once } from 'node:events';
import { expect, test } from 'vitest';
import { describePackages } from '../../support/bluetooth/describe-packages.js';
import { GattServer, SERVICE } from '../../support/bluetooth/gatt-server.js';
import type { Bleno, Family, NoblePeripheral } from '../../support/bluetooth/packages.js';
import { find, inState, World } from '../../support/bluetooth/world.js';

/*
 * A gateway is both: peripheral for phones and central for sensors. What the packages do to each other on one adapter, and
 * why two adapters are the advice.
 */

describePackages('noble and bleno on the same adapter', (family) => {
  test('noble connects to a sensor while bleno keeps its phone', () => {
    const world = new World();
    return world.run(bothRoles(world, family));
  });

  test('a noble that starts later resets the adapter or not, and bleno is not told', () => {
    const world = new World();
    return world.run(startLate(world, family));
  });
});

async function bothRoles(world: World, family: Family): Promise<void> {
  const [gateway, sensor] = [world.device(), world.device()];
  const noble = world.noble(gateway, family);
  await inState(noble, 'poweredOn');
  const { bleno, phone } = await servePhone(world, family, gateway);
  const sensorBleno = world.bleno(sensor, family);
  await inState(sensorBleno, 'poweredOn');
  await new GattServer(sensorBleno, family).advertise('sensor');

  const lost = Promise.race([once(phone, 'disconnect'), once(bleno, 'disconnect')]);
  const found = await find(noble, SERVICE);
  expect(found.advertisement.localName).toBe('sensor');
  await found.connectAsync();
  expect(await Promise.race([lost, world.sleep(2000)])).toBe(undefined);
  expect([phone.state, found.state]).toEqual(['connected', 'connected']);
}

async function startLate(world: World, family: Family): Promise<void> {
  const gateway = world.device();
  const { bleno, phone } = await servePhone(world, family, gateway);
  const cutOff = once(phone, 'disconnect').then(() => 'cut off');
  const told = once(bleno, 'disconnect').then(() => 'told');
  await inState(world.noble(gateway, family), 'poweredOn');
  const resets = family === 'stoprocent';
  expect(await Promise.race([cutOff, world.sleep(2000)])).toBe(resets ? 'cut off' : undefined);
  expect(await Promise.race([told, world.sleep(2000)])).toBe(undefined);
}

async function servePhone(
  world: World,
  family: Family,
  gateway: ReturnType<World['device']>,
): Promise<{ bleno: Bleno; phone: NoblePeripheral }> {
  const bleno = world.bleno(gateway, family);
  const noble = world.noble(world.device(), family);
  await Promise.all([inState(bleno, 'poweredOn'), inState(noble, 'poweredOn')]);
  await new GattServer(bleno, family).advertise();
  const phone = await find(noble, SERVICE);
  await phone.connectAsync();
  return { bleno, phone };
}

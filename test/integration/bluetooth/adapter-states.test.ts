import { once } from 'node:events';
import { afterEach, expect, test, vi } from 'vitest';
import { describePackages } from '../../support/bluetooth/describe-packages.js';
import { GattServer, SERVICE } from '../../support/bluetooth/gatt-server.js';
import type { Bleno, Noble } from '../../support/bluetooth/packages.js';
import { find, inState, World } from '../../support/bluetooth/world.js';

/*
 * What the packages say of an adapter that is missing, off, gone, back or not ours. They ask once a second of real time,
 * so these tests run in real time.
 */

afterEach(() => {
  vi.restoreAllMocks();
});

describePackages('states of an adapter', (family) => {
  test('missing: bleno throws where one listens, noble says so or only prints', async () => {
    const warned = vi.spyOn(console, 'warn').mockReturnValue();
    const logged = vi.spyOn(console, 'log').mockReturnValue();
    const world = new World();
    const device = world.device();
    device.computer.unplug(0);
    world.followRealTime();
    expect(() => world.bleno(device, family).on('stateChange', () => {})).toThrow('No such device');
    const noble = world.noble(device, family);
    if (family === 'stoprocent') {
      await inState(noble, 'unsupported');
      expect(logged).toHaveBeenCalled();
    } else {
      const stated = vi.fn();
      noble.on('stateChange', stated);
      await vi.waitFor(() => expect(warned).toHaveBeenCalledWith(expect.stringContaining('No such device')));
      expect(stated).not.toHaveBeenCalled();
    }
  });

  test('off, and then on', async () => {
    const world = new World();
    const device = world.device();
    device.controller.power(false);
    world.followRealTime();
    const bleno = world.bleno(device, family);
    await inState(bleno, 'poweredOff');
    const noble = world.noble(device, family);
    await inState(noble, 'poweredOff');
    device.controller.power(true);
    await both(bleno, noble, 'poweredOn');
  });

  test('gone in the middle of a connection: the other side notices, and all goes on when it is back', async () => {
    const world = new World();
    const [gateway, phone] = [world.device(), world.device()];
    world.followRealTime();
    const bleno = world.bleno(gateway, family);
    const noble = world.noble(phone, family);
    await both(bleno, noble, 'poweredOn');
    await new GattServer(bleno, family).advertise();
    const peripheral = await find(noble, SERVICE);
    await peripheral.connectAsync();

    const noticed = Promise.all([once(peripheral, 'disconnect'), inState(bleno, 'poweredOff')]);
    gateway.computer.unplug(0);
    await noticed;

    const back = inState(bleno, 'poweredOn');
    gateway.controller.power(true);
    gateway.computer.plug(0, gateway.controller);
    await back;
    await new GattServer(bleno, family).advertise();
    await (await find(noble, SERVICE)).connectAsync();
  });

  test('without permission', async () => {
    vi.spyOn(console, 'log').mockReturnValue(); // how to become root
    const world = new World();
    const device = world.device();
    device.computer.isPermitted = false;
    world.followRealTime();
    await both(world.bleno(device, family), world.noble(device, family), 'unauthorized');
  });
});

async function both(bleno: Bleno, noble: Noble, state: string): Promise<void> {
  await Promise.all([inState(bleno, state), inState(noble, state)]);
}

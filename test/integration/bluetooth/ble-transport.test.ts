import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { isWaypostError } from '../../../src/core/errors.js';
import type { Transport } from '../../../src/transport/transport.js';
import { openBle, takeAll } from '../../support/bluetooth/ble-stations.js';
import { describePackages } from '../../support/bluetooth/describe-packages.js';
import { World } from '../../support/bluetooth/world.js';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describePackages('several phones at the Bluetooth of a gateway', () => {
  test('eight phones that stay are all served by three slots', () => {
    const world = new World();
    return world.run(serveEight(world));
  });

  test('an adapter that is not there yet is waited for', () => {
    const world = new World();
    return world.run(plugInLater(world));
  });

  test('what a host loses because its receive buffer is full arrives all the same, once', () => {
    const world = new World();
    return world.run(overflow(world));
  });

  test('a message goes on where it was when the connection broke', () => {
    const world = new World();
    return world.run(resume(world));
  });
}, ['stoprocent']);

async function serveEight(world: World): Promise<void> {
  const gateway = await openBle(world, world.device());
  const { taken } = await takeAll(gateway.native, 'ble:');
  const sent = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const phone = await openBle(world, world.device(), { connectTimeoutMs: 5000 });
      const message = randomBytes(3000);
      for (;;) {
        try {
          const channel = await phone.native.dial('ble:');
          await channel.send(message); // and stays connected
          return hex(message);
        } catch {
          await world.sleep(500 + 500 * Math.random());
        }
      }
    }),
  );
  expect(new Set(taken)).toEqual(new Set(sent));
  expect(taken).toHaveLength(8);
  const { slots, taken: connected, yielded } = gateway.slotUse;
  expect({ slots, connected }).toEqual({ slots: 3, connected: 3 });
  expect(yielded).toBeGreaterThanOrEqual(5);
}

async function plugInLater(world: World): Promise<void> {
  const device = world.device();
  device.computer.unplug(0);
  const interrupts = process.listenerCount('SIGINT');
  const gateway = await openBle(world, device);
  const { taken } = await takeAll(gateway.native, 'ble:');
  expect(gateway.state).toBe('unsupported');
  expect(process.listenerCount('SIGINT')).toBe(interrupts);
  const phone = await openBle(world, world.device(), { connectTimeoutMs: 30_000 });
  const dialling = phone.native.dial('ble:');
  await world.sleep(12_000);
  device.computer.plug(0, device.controller);
  device.controller.power(true);
  await (await dialling).send(Buffer.from('{}'));
  expect(taken).toEqual([hex(Buffer.from('{}'))]);
}

async function overflow(world: World): Promise<void> {
  const device = world.device({ limitBytes: 8 * 1024 });
  const gateway = await openBle(world, device);
  const { taken } = await takeAll(gateway.native, 'ble:');
  const phone = await openBle(world, world.device());
  let isSending = true;
  const pauses = (async () => {
    while (isSending) {
      await world.sleep(300);
      device.computer.pause(150);
    }
  })();
  const message = randomBytes(100_000);
  // An event lost that gives bleno its credit back silences the connection: then the session ends, and another goes on.
  await sendPatiently(phone.native, message);
  isSending = false;
  await pauses;
  expect(taken).toEqual([hex(message)]);
  expect(device.computer.dropped).toBeGreaterThan(20);
}

/** Dials until the message is accepted; gives how often. */
async function sendPatiently(transport: Transport, message: Uint8Array, breakAfter?: () => Promise<void>) {
  for (let attempts = 1; attempts < 10; attempts++) {
    const channel = await transport.dial('ble:');
    const broken = breakAfter?.().then(() => channel[Symbol.asyncDispose]());
    try {
      await channel.send(message);
      return attempts;
    } catch (error) {
      if (!isWaypostError(error, 'ERR_CHANNEL_CLOSED')) throw error;
    } finally {
      await (broken ?? channel[Symbol.asyncDispose]());
    }
  }
  return expect.fail('not accepted in nine attempts');
}

async function resume(world: World): Promise<void> {
  const gateway = await openBle(world, world.device());
  const { taken } = await takeAll(gateway.native, 'ble:');
  const phone = await openBle(world, world.device());
  const message = randomBytes(100_000);
  // A whole message takes more than a second: without resuming no attempt would ever be enough.
  const attempts = await sendPatiently(phone.native, message, () => world.sleep(700));
  expect(taken).toEqual([hex(message)]);
  expect(attempts).toBeGreaterThan(1);
}

import { describe, expect, it, onTestFinished } from 'vitest';
import { isWaypostError } from '../../../src/core/errors.js';
import { silentLogger } from '../../../src/core/logger.js';
import { createScheduler, type Scheduler } from '../../../src/core/scheduler.js';
import { NATIVE_SERVICE } from '../../../src/link/gatt/native-service.js';
import { createMemoryPartials } from '../../../src/link/memory-partials.js';
import type { Listener } from '../../../src/transport/transport.js';
import { Bluetooth } from '../../../src/web-peer/media/bluetooth.js';
import { createWays } from '../../../src/web-peer/media/ways.js';
import type { WebBluetooth } from '../../../src/web-peer/media/web-bluetooth.js';
import { GattGateway } from '../../support/gatt-gateway.js';
import { primitives } from '../../support/station.js';

/** Waits a twentieth as long. */
function hurried(): Scheduler {
  const scheduler = createScheduler();
  return { after: (delayMs, run) => scheduler.after(delayMs / 20, run) };
}

async function page(bluetooth: WebBluetooth | undefined) {
  const states: string[] = [];
  const way: Bluetooth = new Bluetooth({
    bluetooth,
    partials: await createMemoryPartials({ clock: { nowMs: () => Date.now() } }),
    stationId: primitives.randomBytes(16),
    sha256: (bytes) => primitives.sha256(bytes),
    random: Math.random,
    scheduler: hurried(),
    now: () => performance.now() * 20,
    logger: silentLogger,
    onChange: () => void states.push(way.state.state),
  });
  return { way, states, ways: createWays(new URL('https://camp.example/peer/'), way) };
}

const choosing = (gateway: GattGateway): WebBluetooth => ({ requestDevice: async () => gateway });

/** Accepts what comes, and sends it back. */
function takeAll(listener: Listener) {
  const taken: Uint8Array[] = [];
  void (async () => {
    for await (const channel of listener) {
      void (async () => {
        for await (const arrival of channel) {
          taken.push(arrival.bytes);
          await arrival.accept(arrival.bytes.slice());
        }
      })();
    }
  })();
  onTestFinished(() => listener[Symbol.asyncDispose]());
  return taken;
}

describe('the gateway by Bluetooth', () => {
  it.each([
    [23, 20],
    [185, 182],
    [247, 244],
  ])('with an MTU of %i that the page is not told: messages both ways, in values of %i', async (mtu, longest) => {
    const gateway = new GattGateway(mtu);
    const taken = takeAll(await gateway.listen());
    const { way, states } = await page(choosing(gateway));
    expect(await way.choose()).toBe(true);
    await using channel = await way.dial();
    expect(states).toEqual(['chosen', 'connecting', 'connected']);

    const replies = channel[Symbol.asyncIterator]();
    const message = primitives.randomBytes(3000);
    await channel.send(message);
    const { value: reply } = await replies.next();
    expect(reply?.bytes).toEqual(message);
    expect(gateway.written[0]).toBe(20); // nothing else was sure
    await reply?.accept();
    await channel.send(message);
    expect(taken).toEqual([message, message]);
    expect(Math.max(...gateway.written)).toBe(longest);
  });

  it('goes on where it was when the connection broke in the middle of a message', async () => {
    const gateway = new GattGateway(247);
    const taken = takeAll(await gateway.listen());
    const { way, states } = await page(choosing(gateway));
    await way.choose();
    const message = primitives.randomBytes(60_000);
    const first = await way.dial();
    const sending = first.send(message);
    const bytes = () => gateway.written.reduce((sum, length) => sum + length, 0);
    await expect.poll(bytes, { interval: 5 }).toBeGreaterThan(40_000);
    gateway.drop();
    await expect(sending).rejects.toMatchObject({ code: 'ERR_CHANNEL_CLOSED', retryable: true });
    for await (const arrival of first) expect.fail(`${arrival.bytes.length} bytes came`);
    expect(states.at(-1)).toBe('chosen');

    const before = bytes();
    await using second = await way.dial();
    await second.send(message);
    expect(taken).toEqual([message]);
    expect(bytes() - before).toBeLessThan(45_000);
  });

  it('is what is posted to as long as it is connected, and no longer', async () => {
    const gateway = new GattGateway(247);
    const taken = takeAll(await gateway.listen());
    const { way, ways } = await page(choosing(gateway));
    expect(ways.endpoints).toMatchObject({
      http: ['https://camp.example/'],
      webSocket: ['wss://camp.example/'],
    });
    await way.choose();
    expect(ways.endpoints.webSocket).toEqual(['ble:', 'wss://camp.example/']);
    const session = await ways.webSocket.dial('ble:');
    expect([ways.endpoints.http, ways.current()]).toEqual([['ble:'], 'bluetooth']);
    await using post = await ways.http.dial('ble:');
    await post.send(Uint8Array.of(1, 2, 3));
    expect(taken).toEqual([Uint8Array.of(1, 2, 3)]);

    await session[Symbol.asyncDispose]();
    expect([ways.endpoints.http, ways.current()]).toEqual([['https://camp.example/'], 'network']);
    await expect(post.send(Uint8Array.of(4))).rejects.toMatchObject({ retryable: true });
  });

  it('is not cut off by the end of the connection before', async () => {
    const gateway = new GattGateway(247);
    const taken = takeAll(await gateway.listen());
    const { way } = await page(choosing(gateway));
    await way.choose();
    const first = await way.dial();
    gateway.isDeaf = true; // it does not answer the goodbye, which is waited for
    const closing = first[Symbol.asyncDispose]().then(() => {
      gateway.isDeaf = false;
    });
    await using second = await way.dial();
    await closing;
    await second.send(Uint8Array.of(1));
    expect(taken).toEqual([Uint8Array.of(1)]);
  });

  it('is left alone by an attempt that the network made needless', async () => {
    const gateway = new GattGateway(247);
    const { way } = await page(choosing(gateway));
    await way.choose();
    const enough = new AbortController();
    const attempt = way.dial({ signal: enough.signal });
    enough.abort();
    await expect(attempt).rejects.toThrow();
    expect(gateway.connections).toBe(0);
  });

  it('says why it is not there, and is there again', async () => {
    const gateway = new GattGateway(247);
    takeAll(await gateway.listen());
    const { way } = await page(choosing(gateway));
    await way.choose();
    gateway.isNear = false;
    await expect(way.dial()).rejects.toMatchObject({ code: 'ERR_NETWORK', retryable: true });
    expect(way.state).toMatchObject({ state: 'chosen', problem: expect.stringContaining('not near') });
    gateway.isNear = true;
    await using channel = await way.dial();
    expect([channel.replies, way.state.state]).toEqual(['many', 'connected']);
  });
});

describe('choosing', () => {
  it('asks for the service, and is no problem when nobody is chosen', async () => {
    const asked: unknown[] = [];
    const { way } = await page({
      requestDevice: async (options) => {
        asked.push(options);
        throw new DOMException('User cancelled the requestDevice() chooser.', 'NotFoundError');
      },
    });
    expect(await way.choose()).toBe(false);
    expect(asked).toEqual([{ filters: [{ services: [NATIVE_SERVICE.service] }] }]);
    expect(way.state.state).toBe('unchosen');
  });

  it('is refused with words where it cannot be', async () => {
    const { way: none } = await page(undefined);
    expect(none.state.state).toBe('missing');
    await expect(none.choose()).rejects.toMatchObject({ code: 'ERR_BLUETOOTH' });
    const { way: off } = await page({
      requestDevice: () => Promise.reject(new DOMException('Bluetooth adapter not available.', 'InvalidStateError')),
    });
    const error = await off.choose().catch((reason: unknown) => reason);
    expect(isWaypostError(error, 'ERR_BLUETOOTH') && error.message).toContain('off on this device');
  });

  it('is not needed again where the browser remembers one gateway, and none is guessed among several', async () => {
    const gateways = [new GattGateway(247), new GattGateway(247)] as const;
    const remembering = (devices: readonly GattGateway[]) => ({
      ...choosing(gateways[0]),
      getDevices: async () => devices,
    });
    const { way: one } = await page(remembering([gateways[0]]));
    await one.recall();
    const { way: two } = await page(remembering(gateways));
    await two.recall();
    expect([one.isChosen, two.isChosen]).toEqual([true, false]);
  });
});

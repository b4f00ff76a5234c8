import { expect, test } from 'vitest';
import { type DeviceEvent, type DeviceOptions, runDevice } from '../../../firmware-sim/device/device.js';
import { seededRandom } from '../../../firmware-sim/random.js';
import { timers } from '../../support/pty-lines.js';
import { openStation, primitives, type Station } from '../../support/station.js';

/** A device at work, and what it said so far. */
function start(station: Station, options: Partial<DeviceOptions> = {}) {
  const events: DeviceEvent[] = [];
  const stop = new AbortController();
  const done = runDevice({
    dial: () => station.dial(),
    gateway: { did: station.did },
    intervalMs: 1,
    random: seededRandom(1),
    primitives,
    timers,
    say: (event) => void events.push(event),
    signal: stop.signal,
    ...options,
  });
  const of = <E extends DeviceEvent['event']>(name: E) =>
    events.filter((event): event is Extract<DeviceEvent, { event: E }> => event.event === name);
  return { of, done, stop };
}

test('a device registers, and what another one sends it arrives, in order and once', async () => {
  await using station = await openStation();
  const receiver = start(station, { intervalMs: 60_000 });
  await expect.poll(() => receiver.of('registered')).toHaveLength(1);
  const [{ did } = { did: '' }] = receiver.of('registered');
  const sender = start(station, { to: did, count: 5 });
  await sender.done;
  await expect.poll(() => receiver.of('received').filter(({ content }) => content.startsWith('temp'))).toHaveLength(5);
  const [sent, received] = [sender.of('sent'), receiver.of('received')];
  expect(received.map(({ content }) => content).filter((content) => content.startsWith('temp'))).toEqual(
    sent.map(({ content }) => content),
  );
  expect(received.every(({ from }) => from === sender.of('registered')[0]?.did || from === station.did)).toBe(true);
  receiver.stop.abort();
  await receiver.done;
  await expect.poll(async () => (await station.store.size()).messages).toBe(0);
});

test('without anybody to send to it pings the gateway, and shows the answers', async () => {
  await using station = await openStation();
  const device = start(station, { count: 3 });
  await device.done;
  expect(device.of('sent').map(({ content }) => content)).toEqual(['ping', 'ping', 'ping']);
  expect(device.of('received').map(({ content }) => content)).toContain('ping-response');
  expect(device.of('unreadable')).toEqual([]);
});

test('it connects again when the gateway was away, without registering again', async () => {
  await using station = await openStation();
  const device = start(station, { intervalMs: 20 });
  await expect.poll(() => device.of('sent').length).toBeGreaterThan(0);
  await station.restart();
  const before = device.of('sent').length;
  await expect.poll(() => device.of('sent').length).toBeGreaterThan(before + 1);
  expect(device.of('registered')).toHaveLength(1);
  expect(device.of('disconnected').length).toBeGreaterThan(0);
  device.stop.abort();
  await device.done;
});

test('a gateway that admits only the invited says so, and the device ends', async () => {
  await using station = await openStation({ admission: { kind: 'list', dids: [] } });
  const device = start(station);
  await expect(device.done).rejects.toMatchObject({ code: 'ERR_NOT_ALLOWED' });
});

test('the same seed gives the same readings', async () => {
  await using station = await openStation();
  const run = async () => {
    const receiver = start(station, { intervalMs: 60_000 });
    await expect.poll(() => receiver.of('registered')).toHaveLength(1);
    const device = start(station, { to: receiver.of('registered')[0]?.did ?? '', count: 4 });
    await device.done;
    receiver.stop.abort();
    await receiver.done;
    return device.of('sent').map(({ content }) => content);
  };
  expect(await run()).toEqual(await run());
});

import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { keepRealTime } from '../../../firmware-sim/bluetooth/pace.js';
import { packagesOn } from '../../../firmware-sim/bluetooth/packages.js';
import { Place } from '../../../firmware-sim/bluetooth/place.js';
import { RADIO_PROFILES } from '../../../firmware-sim/bluetooth/profiles.js';
import { type DeviceEvent, runDevice, type Text } from '../../../firmware-sim/device/device.js';
import { seededRandom } from '../../../firmware-sim/random.js';
import { silentLogger } from '../../../src/core/logger.js';
import { Counters } from '../../../src/daemon/admin/counters.js';
import { loadConfig } from '../../../src/daemon/config/load.js';
import { initialise } from '../../../src/daemon/data-folder/initialise.js';
import { dataFolder } from '../../../src/daemon/data-folder/layout.js';
import { localUrl } from '../../../src/daemon/public-url.js';
import { runGateway } from '../../../src/daemon/run/running-gateway.js';
import { BoundedQueue } from '../../../src/transport/bounded-queue.js';
import { openBle } from '../../support/bluetooth/ble-stations.js';
import { describePackages } from '../../support/bluetooth/describe-packages.js';
import { ManualClock } from '../../support/manual-clock.js';
import { testFolder } from '../../support/processes.js';
import { scheduler, timers } from '../../support/pty-lines.js';
import { primitives } from '../../support/station.js';

// The store's worker thread as it is shipped: from the sources it cannot be started under vitest.
vi.mock('../../../src/daemon/program-url.js', async () => {
  const { bundledWorker } = await import('../../support/store-worker.js');
  return { programUrl: () => bundledWorker().url };
});

const POLL = { timeout: 20_000 };
const monotonicMs = () => performance.now();

function openPlace(): Place {
  const place = new Place(RADIO_PROFILES.near, seededRandom(1));
  const time = keepRealTime(place.timeline, { scheduler, monotonicMs });
  onTestFinished(() => time[Symbol.dispose]());
  return place;
}

/** A gateway in this process, on an adapter of the place. */
async function openGateway(place: Place) {
  const folder = dataFolder(path.join(await testFolder(), 'gateway'));
  const publicUrls = [localUrl('gateway')];
  const { identity } = await initialise(folder, { primitives, publicUrls, passphrase: undefined });
  const flags = [
    { flag: 'test', path: 'http.listen', value: '127.0.0.1:0' },
    { flag: 'test', path: 'links.listen', value: ['ble:', 'ble-dif:'] },
  ];
  const { config } = await loadConfig({ flags });
  const bluetoothPackages = packagesOn(place.addGateway());
  const counters = new Counters();
  const clock = new ManualClock();
  const common = { folder, config, identity, clock, logger: silentLogger, counters, bluetoothPackages };
  return { did: identity.current.did, counters, open: () => runGateway(common) };
}

/** A phone that connects whenever the gateway is in range, and says what it is given. */
async function startPhone(place: Place, scheme: 'ble' | 'ble-dif', gatewayDid: string) {
  const phone = place.addPhone();
  const ble = await openBle(place, phone, { scheduler, now: monotonicMs, connectTimeoutMs: 30_000 });
  const transport = scheme === 'ble' ? ble.native : ble.dif;
  const texts = new BoundedQueue<Text>(10);
  const happened: DeviceEvent[] = [];
  const stop = new AbortController();
  const done = runDevice({
    dial: (options) => transport.dial(`${scheme}:`, options),
    gateway: { did: gatewayDid },
    texts,
    intervalMs: 0,
    random: seededRandom(1),
    primitives,
    timers,
    say: (event) => void happened.push(event),
    signal: stop.signal,
  });
  onTestFinished(async () => {
    stop.abort();
    await done;
    await ble[Symbol.asyncDispose]();
  });
  const all = <E extends DeviceEvent['event']>(name: E) =>
    happened.filter((event): event is Extract<DeviceEvent, { event: E }> => event.event === name);
  await expect.poll(() => all('registered').length, POLL).toBe(1);
  return {
    ...phone,
    did: all('registered')[0]?.did ?? '',
    say: (to: string, content: string) => void texts.push({ to, content }),
    sent: () => all('sent').map(({ content }) => content),
    received: () => all('received').map(({ from, content }) => [from, content]),
  };
}

describePackages('a gateway with both profiles of Bluetooth', () => {
  test('is the mediator of phones that come and go, and of itself after a restart', async () => {
    const place = openPlace();
    const { did, counters, open } = await openGateway(place);
    const before = await open();
    const anna = await startPhone(place, 'ble', did);
    const ben = await startPhone(place, 'ble-dif', did);
    expect(before.gateway.peers().map(({ remoteAddress }) => remoteAddress)).toEqual([
      'ble:c0:ff:ee:00:00:02',
      'ble-dif:c0:ff:ee:00:00:03',
    ]);

    ben.leave();
    await expect.poll(() => before.gateway.peers().length, POLL).toBe(1);
    anna.say(ben.did, 'Dinner at eight?');
    await expect.poll(anna.sent, POLL).toEqual(['Dinner at eight?']);
    anna.leave();
    expect((await before.gateway.status()).store.messages).toBe(1);
    await before[Symbol.asyncDispose]();

    await using after = await open();
    ben.comeBack();
    await expect.poll(ben.received, POLL).toEqual([[anna.did, 'Dinner at eight?']]);
    ben.say(anna.did, 'Make it nine.');
    await expect.poll(ben.sent, POLL).toEqual(['Make it nine.']);
    anna.comeBack();
    await expect.poll(anna.received, POLL).toEqual([[ben.did, 'Make it nine.']]);

    await expect.poll(async () => (await after.gateway.status()).store.messages, POLL).toBe(0);
    expect(await after.gateway.status()).toMatchObject({ connections: 2, live: 2 });
    const totals = new Map(counters.list().map(({ name, samples }) => [name, samples]));
    expect(totals.get('waypost_messages_put_total')).toEqual([{ labels: { outcome: 'stored' }, value: 2 }]);
    expect(totals.get('waypost_messages_left_total')).toEqual([{ labels: { reason: 'acknowledged' }, value: 2 }]);
  }, 60_000);
}, ['stoprocent']);

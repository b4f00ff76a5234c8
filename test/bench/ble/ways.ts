import type { VirtualController } from '../../../firmware-sim/bluetooth/controller.js';
import { silentLogger } from '../../../src/core/logger.js';
import { withResolvers } from '../../../src/core/with-resolvers.js';
import type { Channel, Transport } from '../../../src/transport/transport.js';
import { createOpeners } from '../../../transports/ble/open-packages.js';
import type { ValuePipe } from '../../../transports/ble/ports.js';
import { NATIVE } from '../../../transports/ble/profiles.js';
import type { Ble } from '../../../transports/ble/transport.js';
import { type Device, openBle, packagesOf } from '../../support/bluetooth/ble-stations.js';
import { World } from '../../support/bluetooth/world.js';

/** One message over a new connection between a phone, which is the central, and a gateway, in milliseconds of simulated time. */
type Way = (message: Uint8Array, link: BleLink) => Promise<number>;

/** What the two ends have, and agree to. */
export interface BleLink {
  readonly mtu: number;
  readonly phy: VirtualController['phy'];
}

const FAMILY = 'stoprocent';
/** Of simulated time: something is wrong where a way takes longer. */
const LIMIT_MS = 600_000;

/** waypost's own profile, until the phone knows that the gateway has accepted the message. */
export const nativeUp: Way = (message, link) =>
  betweenStations(link, async ({ world, near, far, mtu }) => {
    const [peer, channel] = await Promise.all([firstOf(near.native, 'ble:'), far.native.dial(`ble:?mtu=${mtu}`)]);
    void accept(peer);
    return timed(world, () => channel.send(message));
  });

/** The same, from the gateway to the phone. */
export const nativeDown: Way = (message, link) =>
  betweenStations(link, async ({ world, near, far, mtu }) => {
    const [peer, channel] = await Promise.all([firstOf(near.native, 'ble:'), far.native.dial(`ble:?mtu=${mtu}`)]);
    void accept(channel);
    return timed(world, () => peer.send(message));
  });

/** The profile of phones, until the gateway has the message: its phone does not learn that. */
export const dif: Way = (message, link) =>
  betweenStations(link, async ({ world, near, far, mtu }) => {
    const [peer, channel] = await Promise.all([firstOf(near.dif, 'ble-dif:'), far.dif.dial(`ble-dif:?mtu=${mtu}`)]);
    const arrival = peer[Symbol.asyncIterator]().next();
    return timed(world, async () => {
      await channel.send(message);
      await arrival;
    });
  });

const FRAGMENT_BYTES = 469;
const FRAGMENT_HEADER_BYTES = 13;
/** The app waits 25 to 30 ms: the best that it can do. */
const FRAGMENT_EVERY_MS = 25;

const NO_EVENTS = { onConnect: () => {}, onDisconnect: () => {}, onState: () => {}, onReset: () => {} };

/** What bitchat does instead of flow control: a fragment, and then a pause, until all bytes have arrived. */
export const bitchatPacing: Way = (message, link) =>
  inPlace(link, async ({ world, gateway, phone, mtu }) => {
    const openers = (device: Device) =>
      createOpeners({
        loader: packagesOf(device, FAMILY),
        scheduler: world.timeline,
        now: () => world.timeline.nowMs(),
        logger: silentLogger,
        maxMtu: mtu,
      });
    const { promise: subscribed, resolve: onPipe } = withResolvers<ValuePipe>();
    await using peripheral = await openers(gateway).openPeripheral({
      profiles: [NATIVE],
      information: new Uint8Array(),
      events: { ...NO_EVENTS, onPipe: (_profile, pipe) => onPipe(pipe) },
    });
    peripheral.advertise([NATIVE]);
    await using central = await openers(phone).openCentral({ events: NO_EVENTS });
    const { signal } = new AbortController();
    const from = await central.connect({ profile: NATIVE, address: undefined, mtu, signal });
    const to = await subscribed;
    const perFragment = FRAGMENT_BYTES - FRAGMENT_HEADER_BYTES;
    const fragments = Math.ceil(message.length / perFragment);
    const totalBytes = message.length + fragments * FRAGMENT_HEADER_BYTES;
    return await timed(world, async () => {
      const arrived = receiveBytes(to, totalBytes);
      let restBytes = totalBytes;
      while (restBytes > 0) {
        const fragment = new Uint8Array(Math.min(FRAGMENT_BYTES, restBytes));
        restBytes -= fragment.length;
        for (let start = 0; start < fragment.length; start += from.maxValueBytes) {
          await from.write(fragment.subarray(start, start + from.maxValueBytes));
        }
        if (restBytes > 0) await world.sleep(FRAGMENT_EVERY_MS);
      }
      await arrived;
    });
  });

interface Place {
  readonly world: World;
  readonly gateway: Device;
  readonly phone: Device;
  readonly mtu: number;
}

function inPlace({ mtu, phy }: BleLink, measure: (place: Place) => Promise<number>): Promise<number> {
  const world = new World();
  const place = { world, gateway: world.device({ phy }), phone: world.device({ phy }), mtu };
  return world.run(measure(place), LIMIT_MS);
}

/** With waypost at both ends: `near` in the gateway, `far` in the phone. */
function betweenStations(
  link: BleLink,
  measure: (place: Pick<Place, 'world' | 'mtu'> & Record<'near' | 'far', Ble>) => Promise<number>,
): Promise<number> {
  return inPlace(link, async ({ world, gateway, phone, mtu }) => {
    await using near = await openBle(world, gateway, { maxMtu: mtu });
    await using far = await openBle(world, phone);
    return await measure({ world, near, far, mtu });
  });
}

async function timed(world: World, act: () => Promise<void>): Promise<number> {
  const beganAtMs = world.timeline.nowMs();
  await act();
  return world.timeline.nowMs() - beganAtMs;
}

async function firstOf(transport: Transport, address: 'ble:' | 'ble-dif:'): Promise<Channel> {
  for await (const channel of await transport.listen(address)) return channel;
  throw new Error('nobody came');
}

async function accept(channel: Channel): Promise<void> {
  for await (const arrival of channel) await arrival.accept();
}

async function receiveBytes(pipe: ValuePipe, totalBytes: number): Promise<void> {
  let bytes = 0;
  for await (const value of pipe) {
    bytes += value.length;
    if (bytes >= totalBytes) return;
  }
}

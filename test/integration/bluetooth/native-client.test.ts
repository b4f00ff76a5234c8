import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { PACKET_TYPE } from '../../../firmware-sim/bluetooth/hci/codes.js';
import { seededRandom } from '../../../firmware-sim/random.js';
import { BoundedQueue } from '../../../src/transport/bounded-queue.js';
import { NativeClient } from '../../ble-client/native/client.js';
import { Agent, acknowledge, enrol, fetchFor, textsOf } from '../../support/agent.js';
import { openBleGateway } from '../../support/bluetooth/ble-gateway.js';
import { openBle, takeAll } from '../../support/bluetooth/ble-stations.js';
import { describePackages } from '../../support/bluetooth/describe-packages.js';
import { reachableOver, type Wire } from '../../support/bluetooth/wire.js';
import { inState, World } from '../../support/bluetooth/world.js';

/*
 * The native profile from the other side: a phone that was written from the documents alone (test/ble-client/native), on
 * noble as it is.
 */

/** For good, in the words of link.md. */
const REFUSED = 1;

describePackages('a phone written from the documents', () => {
  for (const mtu of [23, 185, 247]) {
    test(`MTU ${mtu}: two of them write to each other through the gateway`, () => {
      const world = new World({ lossRate: 0.02 });
      return world.run(correspond(world, mtu));
    });
  }

  test('values that either host loses are sent again', async () => {
    expect(await loseValues()).toBeGreaterThan(20);
  });

  test('a message goes on where it was when the connection broke, in both directions', () => {
    const world = new World();
    return world.run(resume(world));
  });
}, ['stoprocent']);

async function phone(world: World, mtu: number) {
  const noble = world.noble(world.device(), 'stoprocent');
  noble.setMaxListeners(0); // each write that waits listens for a disconnection
  await inState(noble, 'poweredOn');
  const clock = { now: () => world.timeline.nowMs(), after: world.timeline.after.bind(world.timeline) };
  return new NativeClient({ noble, clock, mtu });
}

async function connect(client: NativeClient) {
  const arrived = new BoundedQueue<Uint8Array>(100);
  const { session, information, gone, disconnect } = await client.connect((message) => arrived.push(message));
  void gone.then(() => arrived.end());
  const wire: Wire = {
    send: (message) => session.send(message),
    [Symbol.asyncIterator]: () => arrived[Symbol.asyncIterator](),
  };
  return { wire, session, information, gone, disconnect };
}

async function correspond(world: World, mtu: number): Promise<void> {
  await using station = await openBleGateway(world);
  const [ann, ben] = [new Agent(), new Agent()];
  const texts = ['short', 'x'.repeat(5000), 'y'.repeat(40_000)];
  const online = async (agent: Agent) => {
    const { wire, information, disconnect } = await connect(await phone(world, mtu));
    const idOfStation = expect.stringMatching(/^[0-9a-f]{32}$/);
    expect(information).toEqual({ version: 1, maxMessageBytes: 2 ** 20, did: station.did, station: idOfStation });
    const gateway = reachableOver(station.did, wire);
    expect(await enrol(agent, gateway)).toEqual(['success']);
    return { wire, gateway, disconnect };
  };
  const write = async (from: Agent, wire: Wire, to: Agent) => {
    for (const text of texts) await wire.send(Buffer.from(await from.packForward(text, to.did, station.did)));
  };
  const read = async (agent: Agent, gateway: Awaited<ReturnType<typeof online>>['gateway']) => {
    const mail = await fetchFor(agent, gateway);
    expect(await textsOf(agent, mail)).toEqual(texts);
    await acknowledge(
      agent,
      gateway,
      mail.map(({ id }) => id),
    );
  };
  const [atAnn, atBen] = [await online(ann), await online(ben)];
  await Promise.all([write(ann, atAnn.wire, ben), write(ben, atBen.wire, ann)]);
  await Promise.all([read(ann, atAnn.gateway), read(ben, atBen.gateway)]);
  await expect(atAnn.wire.send(Buffer.from('no envelope'))).rejects.toMatchObject({ result: REFUSED });
  await Promise.all([atAnn.disconnect(), atBen.disconnect()]);
  expect((await station.store.size()).messages).toBe(0);
}

async function loseValues(): Promise<number> {
  let isLossy = false;
  let lost = 0;
  const random = seededRandom(1);
  const world = new World({
    intercept: (packet, next) => {
      const isLost = isLossy && packet.layer === 'host' && packet.bytes[0] === PACKET_TYPE.acl && random() < 0.05;
      if (isLost) lost++;
      else next();
    },
  });
  const exchange = async () => {
    const gateway = await openBle(world, world.device());
    const { taken, channels } = await takeAll(gateway.native, 'ble:');
    const { wire } = await connect(await phone(world, 247));
    while (channels.length === 0) await world.sleep(10);
    isLossy = true;
    const [up, down] = [randomBytes(60_000), randomBytes(60_000)];
    const arrived = wire[Symbol.asyncIterator]().next();
    await Promise.all([wire.send(up), channels[0]?.send(down)]);
    expect(taken).toEqual([up.toString('hex')]);
    expect(Buffer.from((await arrived).value ?? []).equals(down)).toBe(true);
  };
  await world.run(exchange());
  return lost;
}

async function resume(world: World): Promise<void> {
  const gateway = await openBle(world, world.device());
  const { taken, channels } = await takeAll(gateway.native, 'ble:');
  const client = await phone(world, 247);
  const [up, down] = [randomBytes(100_000), randomBytes(100_000)];

  const first = await connect(client);
  const sending = first.wire.send(up).then(
    () => 'accepted',
    () => 'broken',
  );
  await world.sleep(700);
  await first.disconnect();
  expect(await sending).toBe('broken');
  const second = await connect(client);
  await second.wire.send(up);
  expect(taken).toEqual([up.toString('hex')]);
  expect(first.session.dataBytes).toBeGreaterThan(20_000);
  expect(first.session.dataBytes + second.session.dataBytes).toBeLessThan(125_000);

  const pushing = channels
    .at(-1)
    ?.send(down)
    .then(
      () => 'accepted',
      () => 'broken',
    );
  await world.sleep(700);
  await second.disconnect();
  expect(await pushing).toBe('broken');
  const third = await connect(client);
  while (channels.length < 3) await world.sleep(10);
  const startMs = world.timeline.nowMs();
  await channels.at(-1)?.send(down);
  const { value } = await third.wire[Symbol.asyncIterator]().next();
  expect(Buffer.from(value ?? []).equals(down)).toBe(true);
  expect(world.timeline.nowMs() - startMs).toBeLessThan(900);
}

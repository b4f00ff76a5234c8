import { expect, test } from 'vitest';
import { BoundedQueue } from '../../../src/transport/bounded-queue.js';
import { CentralPhone } from '../../ble-client/dif/central-phone.js';
import { PeripheralPhone } from '../../ble-client/dif/peripheral-phone.js';
import { ANDROID, IOS, type PhoneLibrary } from '../../ble-client/dif/phone-library.js';
import { Agent, acknowledge, enrol, fetchFor, type Reachable, textsOf } from '../../support/agent.js';
import { openBleGateway } from '../../support/bluetooth/ble-gateway.js';
import { describePackages } from '../../support/bluetooth/describe-packages.js';
import { reachableOver, type Wire } from '../../support/bluetooth/wire.js';
import { inState, World } from '../../support/bluetooth/world.js';
import { PostOffice } from '../../support/post-office.js';
import { newIdentity } from '../../support/station.js';

/*
 * Phones whose libraries speak the DIF profile in their own way (test/ble-client/dif), on noble and bleno as they are, and
 * what they and the gateway say to each other in DIDComm.
 */

const MTU = 185;
const NEAR = { x: 1, y: 0 };
const FAR = { x: 1000, y: 0 };
const LONG = 'a picture '.repeat(1000);

describePackages('phones with the DIF profile', () => {
  for (const library of [ANDROID, IOS]) {
    test(`${library.name} as central: two of them write to each other through the gateway`, () => {
      const world = new World({ lossRate: 0.02 });
      return world.run(correspond(world, library));
    });

    test(`${library.name} as central: what a broken connection left of a delivery costs another request, and nothing is lost`, () => {
      const world = new World();
      return world.run(breakDelivery(world, library));
    });

    test(`${library.name} as peripheral: the gateway brings its mail, and takes what it writes`, () => {
      const world = new World({ lossRate: 0.02 });
      return world.run(bringMail(world, library));
    });
  }
}, ['stoprocent']);

/** A phone that is a central, and what it hears on the connection that it has. */
async function centralPhone(world: World, library: PhoneLibrary, gatewayDid: string) {
  const device = world.device({ position: NEAR });
  const noble = world.noble(device, 'stoprocent');
  await inState(noble, 'poweredOn');
  const texts: string[] = [];
  let arrived = new BoundedQueue<Uint8Array>(100);
  const onText = (text: string) => {
    texts.push(text);
    arrived.push(Buffer.from(text));
  };
  const phone = new CentralPhone({ noble, library, mtu: MTU, onText });
  const connect = async () => {
    arrived = new BoundedQueue(100);
    const queue = arrived;
    const { send, disconnect, gone } = await phone.connect();
    void gone.then(() => queue.end());
    const wire: Wire = {
      send: (message) => send(String(message)),
      [Symbol.asyncIterator]: () => queue[Symbol.asyncIterator](),
    };
    return { gateway: reachableOver(gatewayDid, wire), wire, gone, disconnect };
  };
  return { device, texts, connect, agent: new Agent() };
}

async function correspond(world: World, library: PhoneLibrary): Promise<void> {
  await using station = await openBleGateway(world);
  const phones = [await centralPhone(world, library, station.did), await centralPhone(world, library, station.did)];
  const online = await Promise.all(
    phones.map(async ({ agent, connect }) => {
      const { gateway, wire } = await connect();
      expect(await enrol(agent, gateway)).toEqual(['success']);
      return { agent, gateway, wire };
    }),
  );
  const [ann, ben] = online;
  if (ann === undefined || ben === undefined) return expect.fail('two phones');
  for (const [from, to] of [
    [ann, ben],
    [ben, ann],
  ] as const) {
    for (const text of ['short', LONG]) {
      await from.wire.send(Buffer.from(await from.agent.packForward(text, to.agent.did, station.did)));
    }
  }
  for (const { agent, gateway } of online) {
    while ((await fetchFor(agent, gateway, { limit: 2 })).length < 2) await world.sleep(100);
    expect(await fetchTexts(agent, gateway)).toEqual(['short', LONG]);
  }
  expect((await station.store.size()).messages).toBe(0);
}

async function fetchTexts(agent: Agent, gateway: Reachable): Promise<unknown[]> {
  const mail = await fetchFor(agent, gateway);
  const ids = mail.map(({ id }) => id);
  await acknowledge(agent, gateway, ids);
  return textsOf(agent, mail);
}

async function breakDelivery(world: World, library: PhoneLibrary): Promise<void> {
  await using station = await openBleGateway(world);
  const phone = await centralPhone(world, library, station.did);
  const first = await phone.connect();
  expect(await enrol(phone.agent, first.gateway)).toEqual(['success']);
  await first.wire.send(Buffer.from(await new Agent().packForward(LONG, phone.agent.did, station.did)));
  while ((await station.store.size()).messages === 0) await world.sleep(100);

  const asking = fetchFor(phone.agent, first.gateway).then(
    () => 'whole',
    () => 'broken',
  );
  await world.sleep(900);
  phone.device.controller.position = FAR;
  expect(await asking).toBe('broken');
  await first.gone;
  await world.sleep(1000);
  phone.device.controller.position = NEAR;

  const heard = phone.texts.length;
  const second = await phone.connect();
  let requests = 0;
  const fetch = async (): Promise<unknown[]> => {
    requests++;
    return fetchTexts(phone.agent, second.gateway).catch(() => fetch()); // what came was no envelope
  };
  expect(await fetch()).toEqual([LONG]);
  const garbled = phone.texts.slice(heard).filter((text) => !isJson(text));
  expect(garbled).toHaveLength(library.keepsUnfinished ? 1 : 0);
  expect(requests).toBe(library.keepsUnfinished ? 2 : 1);
  expect((await station.store.size()).messages).toBe(0);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

async function bringMail(world: World, library: PhoneLibrary): Promise<void> {
  const device = world.device({ position: FAR });
  const bleno = world.bleno(device, 'stoprocent');
  await inState(bleno, 'poweredOn');
  const ben = new Agent(newIdentity(`ble-dif:${device.controller.address}?mtu=${MTU}`));
  await using station = await openBleGateway(world, { relay: { neighbours: [ben.did] } });
  const posts = new PostOffice();
  void station.gateway.serve(posts);
  const ann = new Agent();
  const overPost: Reachable = { did: station.did, posts, dial: () => expect.fail('by POST alone') };
  expect(await enrol(ann, overPost)).toEqual(['success']);

  const received: unknown[] = [];
  const phone = new PeripheralPhone({
    bleno,
    library,
    onText: (text) => {
      void answer(text).catch(() => undefined); // half of one message and a whole one are no message
    },
  });
  const answer = async (text: string) => {
    const message = await ben.codec.unpack(Buffer.from(text));
    if (message.type.endsWith('/ping')) {
      const type = message.type.replace(/ping$/, 'ping-response');
      await phone.send(await ben.pack({ type, thid: message.id }, station.did));
    } else if (!received.includes(message.body?.content)) {
      received.push(message.body?.content);
      await phone.send(await ben.packForward(`got it: ${received.length}`, ann.did, station.did));
    }
  };
  await phone.advertise();
  for (const text of ['short', LONG]) await posts.post(await ann.packForward(text, ben.did, station.did));
  expect((await station.store.size()).messages).toBe(2);

  device.controller.position = NEAR; // and goes away again in the middle of the mail
  while (received.length === 0) await world.sleep(10);
  await world.sleep(900);
  device.controller.position = FAR;
  await world.sleep(5000);
  expect(received).toEqual(['short']);
  device.controller.position = NEAR;
  while ((await station.store.size()).messages > 2) await world.sleep(100);
  while (received.length < 2) await world.sleep(100);
  expect(received).toEqual(['short', LONG]);
  while ((await fetchFor(ann, overPost)).length < 2) await world.sleep(100);
  expect(await fetchTexts(ann, overPost)).toEqual(['got it: 1', 'got it: 2']);
  while ((await station.store.size()).messages > 0) await world.sleep(100);
}

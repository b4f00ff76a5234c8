import { expect, test } from 'vitest';
import { Agent } from '../../support/agent.js';
import { openBle } from '../../support/bluetooth/ble-stations.js';
import { describePackages } from '../../support/bluetooth/describe-packages.js';
import { World } from '../../support/bluetooth/world.js';
import { newIdentity, openStation, resolver } from '../../support/station.js';

describePackages('two gateways without any network', () => {
  test('find each other by DID, and exchange what waits; one that is somebody else gets nothing', () => {
    const world = new World();
    return world.run(exchange(world));
  });
}, ['stoprocent']);

async function gateway(world: World, identity: ReturnType<typeof newIdentity>, neighbour: string) {
  const texts: unknown[] = [];
  const station = await openStation({
    address: `memory:${identity.did.slice(-20)}`,
    identities: [identity],
    relay: { neighbours: [neighbour] },
    onBasicMessage: ({ content }) => void texts.push(content),
  });
  const canonical = (did: string) => resolver.canonical(did);
  const ble = await openBle(world, world.device(), { did: identity.did, seek: { whom: [neighbour], canonical } });
  void station.gateway.serve(await ble.native.listen('ble:'));
  void station.gateway.serve(ble.seek());
  return { station, ble, texts };
}

async function exchange(world: World): Promise<void> {
  const [valley, hut, other] = [newIdentity(), newIdentity(), newIdentity()];
  const a = await gateway(world, valley, hut.did);
  const stranger = await gateway(world, other, valley.did);
  const agent = new Agent();
  await a.station.posts.post(await agent.packForward('up', hut.did, valley.did));
  await world.sleep(60_000);
  const b = await gateway(world, hut, valley.did);
  await b.station.posts.post(await agent.packForward('down', valley.did, hut.did));
  while (a.texts.length + b.texts.length < 2) await world.sleep(200);
  expect([a.texts, b.texts, stranger.texts]).toEqual([['down'], ['up'], []]);
  while ((await a.station.store.size()).messages + (await b.station.store.size()).messages > 0) await world.sleep(200);
  const between = b.ble.connections.length;
  expect(between).toBe(1);
  for (const { station, ble } of [a, b, stranger]) {
    await ble[Symbol.asyncDispose]();
    await station[Symbol.asyncDispose]();
  }
}

import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { createAddressPolicy } from '../../src/net/address-policy.js';
import { toNewDevice } from '../../src/sensor/device.js';
import type { Arrival, Channel } from '../../src/transport/transport.js';
import { createWebSocketTransport } from '../../transports/websocket/transport.js';
import { randomFrom } from '../crash/random.js';
import { linkTransportOf } from '../support/link-stations.js';
import { createMemoryLinks } from '../support/memory-links.js';
import { cbor, PURPOSE, pack, SensorDevice } from '../support/sensor-device.js';
import { Witness } from '../support/sensor-hub.js';
import { openStation } from '../support/station.js';

/*
 * Sensor frames through a whole gateway, beside DIDComm messages on the same channels.
 */

/** Takes the next message that the gateway sends. */
function reader(channel: Channel): () => Promise<Uint8Array> {
  const arrivals = channel[Symbol.asyncIterator]();
  return async () => {
    const { value, done } = await arrivals.next();
    if (done === true) throw new Error('the channel ended');
    const arrival: Arrival = value;
    await arrival.accept();
    return arrival.bytes;
  };
}

describe('a gateway with sensors', () => {
  test('answers frames on a channel, and pushes commands on it', async () => {
    const witness = new Witness();
    await using station = await openStation({ sensors: { outlets: [witness] } });
    const device = new SensorDevice('t1');
    await station.gateway.sensors?.devices.add(toNewDevice(device.registration));
    await using channel = await station.dial();
    const next = reader(channel);
    await channel.send(device.frame(1, 0, pack('t', 4)));
    expect(device.open(await next())).toEqual([PURPOSE.answer, 0]);
    await station.gateway.sensors?.command('t1', { kind: 'ping' });
    expect(device.open(await next())).toEqual([PURPOSE.command, [1, 1]]);
    await channel.send(device.frame(1, 1, cbor([1, 0]), { contentType: 60 }));
    expect(device.open(await next())).toEqual([PURPOSE.answer, 0]);
    expect(witness.frames.map(({ counter }) => counter)).toEqual([0]);
    const { sensors } = await station.gateway.status();
    expect(sensors?.frames).toEqual({ stored: 1, repeated: 0, granted: 0, reported: 1 });
  });

  test('keeps numbers and readings over a restart', async () => {
    await using station = await openStation({ sensors: {} });
    const device = new SensorDevice('t1');
    await station.gateway.sensors?.devices.add(toNewDevice(device.registration));
    const frame = device.frame(1, 0, pack('t', 4, -60));
    const send = async (bytes: Uint8Array) => {
      await using channel = await station.dial();
      const next = reader(channel);
      await channel.send(bytes).catch(() => undefined); // a refusal is told twice: by the medium and by the answer
      return device.open(await next());
    };
    expect(await send(frame)).toEqual([PURPOSE.answer, 0]);
    const measuredMs = station.clock.nowMs() - 60_000;
    await station.restart(() => station.clock.advance(3_600_000));
    expect(await send(frame)).toEqual([PURPOSE.answer, 0]);
    expect(await send(device.frame(1, 0, pack('t', 5)))).toEqual([PURPOSE.answer, 4]);
    const kept = await station.store.list({ destinations: ['sensor:t1'], limitMessages: 10 });
    const entries = kept.map(({ content }) => JSON.parse(Buffer.from(content).toString()));
    expect(entries.map(({ readings }) => readings)).toEqual([[{ name: 't', timeMs: measuredMs, value: 4 }]]);
  });

  test('takes frames over a link that loses and doubles, each once, whatever the device repeats', async () => {
    const witness = new Witness();
    await using station = await openStation({ sensors: { outlets: [witness] } });
    const ids = ['a', 'b', 'c'];
    const devices = ids.map((id) => new SensorDevice(id));
    for (const device of devices) await station.gateway.sensors?.devices.add(toNewDevice(device.registration));
    const random = randomFrom(7);
    const links = createMemoryLinks({
      mtuBytes: 64,
      intercept(frame, next) {
        const fate = random();
        if (fate < 0.1) return;
        next(frame);
        if (fate > 0.9) next(frame);
      },
    });
    const transport = await linkTransportOf(links);
    void station.gateway.serve(await transport.listen('wire:hub'));
    // One line for three devices, that do not wait for each other, and send everything twice.
    await using channel = await transport.dial('wire:hub');
    const frames = Array.from({ length: 20 }, (_, counter) =>
      devices.map((device) => device.frame(1, counter, pack('t', counter))),
    ).flat();
    const next = reader(channel);
    const answers: Promise<Uint8Array>[] = [];
    for (const frame of [...frames, ...frames]) {
      await channel.send(frame);
      answers.push(next());
    }
    for (const answer of await Promise.all(answers)) {
      expect(devices.map((device) => device.open(answer)?.[1])).toContain(0);
    }
    for (const id of ids) {
      const counters = witness.frames.filter(({ deviceId }) => deviceId === id).map(({ counter }) => counter);
      expect(counters).toEqual(Array.from({ length: 20 }, (_, counter) => counter));
    }
  });

  test('answers binary messages on a WebSocket with the reason of a refusal', async () => {
    await using station = await openStation({ sensors: {} });
    const device = new SensorDevice('t1');
    await station.gateway.sensors?.devices.add(toNewDevice(device.registration));
    await using transport = createWebSocketTransport({
      outbound: { policy: createAddressPolicy({ allow: ['127.0.0.0/8'] }) },
    });
    const listener = await transport.listen('ws://127.0.0.1:0/');
    void station.gateway.serve(listener);
    const [address] = listener.addresses;
    const socket = new WebSocket(address ?? '');
    socket.binaryType = 'arraybuffer';
    await once(socket, 'open');
    const ask = async (frame: Buffer) => {
      socket.send(new Uint8Array(frame));
      const [event] = await once(socket, 'message');
      return device.open(new Uint8Array((event as MessageEvent<ArrayBuffer>).data));
    };
    expect(await ask(device.frame(1, 0, pack('t', 4)))).toEqual([PURPOSE.answer, 0]);
    expect(await ask(device.frame(1, 0, pack('t', 5)))).toEqual([PURPOSE.answer, 4]);
    expect(await ask(device.frame(2, 0, cbor([])))).toEqual([PURPOSE.answer, 5]);
    socket.close();
  });

  test('and one without refuses frames like any nonsense', async () => {
    await using station = await openStation();
    await using channel = await station.dial();
    const frame = new SensorDevice('t1').frame(1, 0, pack('t', 4));
    await expect(channel.send(frame)).rejects.toMatchObject({ code: 'ERR_REFUSED' });
  });
});

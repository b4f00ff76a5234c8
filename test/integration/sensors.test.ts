import { describe, expect, test } from 'vitest';
import { toNewDevice } from '../../src/sensor/device.js';
import type { Arrival, Channel } from '../../src/transport/transport.js';
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

  test('and one without refuses frames like any nonsense', async () => {
    await using station = await openStation();
    await using channel = await station.dial();
    const frame = new SensorDevice('t1').frame(1, 0, pack('t', 4));
    await expect(channel.send(frame)).rejects.toMatchObject({ code: 'ERR_REFUSED' });
  });
});

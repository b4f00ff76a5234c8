import { describe, expect, test } from 'vitest';
import type { ObjectEvent } from '../../../src/sensor/epcis/event.js';
import { SENSOR_DATA } from '../../../src/sensor/sensor-data/messages.js';
import { fetch, type SentMessage } from '../../support/agent-outbox.js';
import { deviceFrame } from '../../support/device-frames.js';
import { AGENT, rule, ruleStation } from '../../support/rules.js';

const MINUTE = 60_000;
const T0 = Date.UTC(2026, 0, 1);

const frameOf = (counter: number, deviceId = 't1') =>
  deviceFrame({
    deviceId,
    counter,
    readings: [
      { name: 'temp', unit: 'Cel', value: counter % 7, timeMs: T0 + counter * 1000 },
      { name: 'hum', unit: '%RH', value: 50, timeMs: T0 + counter * 1000 },
    ],
  });

function eventsIn(messages: readonly SentMessage[]): readonly ObjectEvent[] {
  return messages.flatMap(({ attachments }) => {
    const document = attachments?.find(({ id }) => id === 'events')?.data.json as
      | { epcisBody: { eventList: readonly ObjectEvent[] } }
      | undefined;
    return document?.epcisBody.eventList ?? [];
  });
}

const countersIn = (messages: readonly SentMessage[]): readonly number[] =>
  messages.flatMap(({ body }) => ((body.frames ?? []) as readonly { counter: number }[]).map(({ counter }) => counter));

describe('what is sent when', () => {
  test('as many events as a batch has, at once', async () => {
    const station = await ruleStation([rule({ batch: { events: 3, bytes: 65_536, ageMs: MINUTE } })]);
    for (let counter = 1; counter <= 7; counter++) await station.take(frameOf(counter));
    await station.scheduler.advance(0);
    const messages = await fetch(station.store, AGENT);
    expect(messages.map((message) => countersIn([message]))).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(messages.map(({ type, headers }) => [type, headers])).toEqual([
      [`${SENSOR_DATA}/events`, { sender_order: 1, please_ack: [''] }],
      [`${SENSOR_DATA}/events`, { thid: messages[0]?.id, sender_order: 2, please_ack: [''] }],
    ]);
  });

  test('fewer when the oldest has waited long enough, and no earlier', async () => {
    const station = await ruleStation([rule()]);
    await station.take(frameOf(1));
    await station.scheduler.advance(MINUTE - 1);
    expect(await fetch(station.store, AGENT)).toEqual([]);
    await station.scheduler.advance(1);
    expect(countersIn(await fetch(station.store, AGENT))).toEqual([1]);
    await station.scheduler.advance(10 * MINUTE);
    expect(await fetch(station.store, AGENT)).toEqual([]);
  });

  test('fewer when they are large', async () => {
    const station = await ruleStation([rule({ batch: { events: 1000, bytes: 2500, ageMs: MINUTE } })]);
    for (let counter = 1; counter <= 9; counter++) await station.take(frameOf(counter));
    await station.scheduler.advance(0);
    const messages = await fetch(station.store, AGENT);
    expect(messages.length).toBeGreaterThan(1);
    expect(countersIn(messages)).toEqual(Array.from({ length: countersIn(messages).length }, (_, i) => i + 1));
  });

  test('a rule that is slow does not hold up one that is fast', async () => {
    const slow = rule({
      name: 'slow',
      agents: ['did:example:slow'],
      batch: { events: 10, bytes: 65_536, ageMs: 60 * MINUTE },
    });
    const station = await ruleStation([slow, rule()]);
    await station.take(frameOf(1));
    await station.scheduler.advance(MINUTE);
    expect(countersIn(await fetch(station.store, AGENT))).toEqual([1]);
    expect(await fetch(station.store, 'did:example:slow')).toEqual([]);
    await station.scheduler.advance(59 * MINUTE);
    expect(countersIn(await fetch(station.store, 'did:example:slow'))).toEqual([1]);
  });
});

describe('which readings', () => {
  const sent = async (changes: Parameters<typeof rule>[0], counters: readonly number[]) => {
    const station = await ruleStation([rule(changes)]);
    for (const counter of counters) await station.take(frameOf(counter));
    await station.scheduler.advance(MINUTE);
    return { messages: await fetch(station.store, AGENT), status: await station.rules.status() };
  };

  test('of devices that a pattern names', async () => {
    expect(countersIn((await sent({ devices: ['t*'] }, [1])).messages)).toEqual([1]);
    const { messages, status } = await sent({ devices: ['pallet-*', 't'] }, [1, 2]);
    expect(messages).toEqual([]);
    expect(status.unwantedFrames).toBe(2);
  });

  test('of quantities that a pattern names', async () => {
    const [event] = eventsIn((await sent({ quantities: ['te*p'] }, [1])).messages);
    expect(event?.sensorElementList.map(({ sensorReport }) => sensorReport)).toEqual([
      [{ type: 'Temperature', value: 1, uom: 'CEL' }],
    ]);
  });

  test('one frame in so many, and all that is beyond a threshold', async () => {
    const counters = Array.from({ length: 14 }, (_, i) => i + 1);
    expect(countersIn((await sent({ oneIn: 5 }, counters)).messages)).toEqual([5, 10]);
    const both = await sent({ oneIn: 5, quantities: ['temp'], above: 5 }, counters);
    expect(countersIn(both.messages)).toEqual([5, 6, 10, 13]);
    const only = await sent({ oneIn: 0, quantities: ['temp'], below: 1 }, counters);
    expect(countersIn(only.messages)).toEqual([7, 14]);
  });
});

test('evidence, format and signature as the rule says', async () => {
  const aad = Uint8Array.of(1, 2, 3);
  const rules = [
    rule({ name: 'proof', hasEvidence: true, isSigned: true }),
    rule({ name: 'raw', format: 'senml', agents: ['did:example:raw'] }),
  ];
  const station = await ruleStation(rules);
  await station.take({ ...frameOf(1), externalAad: aad });
  await station.take({ ...frameOf(2), attestedBy: 'gateway', timeFrom: 'gateway', clockQuality: 'peer' });
  await station.scheduler.advance(MINUTE);
  const [proof] = await fetch(station.store, AGENT);
  expect(proof?.isSigned).toBe(true);
  expect(proof?.body).toEqual({
    frames: [
      { device: 't1', epoch: 1, counter: 1, attested_by: 'device' },
      { device: 't1', epoch: 1, counter: 2, attested_by: 'gateway', clock: 'peer' },
    ],
  });
  const frame = Buffer.from(frameOf(1).content).toString('base64url');
  const evidence = proof?.attachments?.find(({ id }) => id === 'frames')?.data.json;
  expect(evidence).toEqual([{ frame, external_aad: 'AQID' }, null]);
  const [raw] = await fetch(station.store, 'did:example:raw');
  expect(raw).toMatchObject({
    type: `${SENSOR_DATA}/senml`,
    isSigned: false,
    body: { frames: [{ records: 2 }, { records: 2 }] },
  });
  expect(raw?.attachments?.[0]?.data.json).toContainEqual({ n: 't1/temp', u: 'Cel', t: T0 / 1000 + 1, v: 1 });
});

describe('nothing that waits is lost', () => {
  test('when its rule is changed or taken away', async () => {
    const station = await ruleStation([rule()]);
    await station.take(frameOf(1));
    await station.restart([rule({ format: 'senml', agents: ['did:example:other'] })]);
    await station.take(frameOf(2));
    await station.restart([]);
    expect((await station.rules.status()).streams).toMatchObject([
      { agent: AGENT, waiting: 1, isConfigured: false },
      { agent: 'did:example:other', waiting: 1, isConfigured: false },
    ]);
    await station.scheduler.advance(MINUTE);
    expect(countersIn(await fetch(station.store, AGENT))).toEqual([1]);
    expect(countersIn(await fetch(station.store, 'did:example:other'))).toEqual([2]);
  });

  test('when the DID of an agent cannot be resolved: it waits, and says why', async () => {
    const station = await ruleStation([rule()]);
    station.outbox.isUnresolvable = true;
    await station.take(frameOf(1));
    await station.scheduler.advance(5 * MINUTE);
    expect((await station.rules.status()).streams).toMatchObject([{ waiting: 1, lastError: 'the network is away' }]);
    station.outbox.isUnresolvable = false;
    await station.scheduler.advance(MINUTE);
    expect(countersIn(await fetch(station.store, AGENT))).toEqual([1]);
    expect((await station.rules.status()).streams).toMatchObject([{ waiting: 0, lastError: null }]);
  });

  test('when a frame is refused: nothing of it waits', async () => {
    const station = await ruleStation([rule({ deviceUri: '{device}' })]);
    await expect(station.take(frameOf(1))).rejects.toMatchObject({ code: 'ERR_CONFIG', retryable: true });
    expect((await station.store.size()).messages).toBe(0);
  });
});

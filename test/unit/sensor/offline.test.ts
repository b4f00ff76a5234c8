import { describe, expect, test } from 'vitest';
import type { ObjectEvent } from '../../../src/sensor/epcis/event.js';
import { SENSOR_DATA } from '../../../src/sensor/sensor-data/messages.js';
import { fetch, type SentMessage } from '../../support/agent-outbox.js';
import { deviceFrame } from '../../support/device-frames.js';
import { AGENT, type RuleStation, rule, ruleStation } from '../../support/rules.js';

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 1);

interface Origin {
  readonly device: string;
  readonly counter: number;
}

const originsIn = (messages: readonly SentMessage[]): readonly Origin[] =>
  messages.flatMap(({ body }) => (Array.isArray(body.frames) ? (body.frames as readonly Origin[]) : []));

const eventsIn = (messages: readonly SentMessage[]): readonly ObjectEvent[] =>
  messages.flatMap(({ attachments }) => {
    const json = attachments?.find(({ id }) => id === 'events')?.data.json;
    return (json as { epcisBody: { eventList: readonly ObjectEvent[] } } | undefined)?.epcisBody.eventList ?? [];
  });

const frameAt = (deviceId: string, counter: number, value: number) =>
  deviceFrame({
    deviceId,
    counter,
    readings: [{ name: 'temp', unit: 'Cel', value, timeMs: START + counter * 30 * MINUTE }],
  });

/** The agent takes what there is again and again, until no more comes. */
async function fetchAll(station: RuleStation): Promise<readonly SentMessage[]> {
  const all: SentMessage[] = [];
  await station.scheduler.advance(10 * MINUTE);
  for (;;) {
    station.rules.wake();
    await station.scheduler.advance(0);
    const messages = await fetch(station.store, AGENT);
    if (messages.length === 0) return all;
    all.push(...messages);
  }
}

test('two days without a way to the agent: every frame arrives once, in the order of its device, with its time', async () => {
  const batch = { events: 50, bytes: 262_144, ageMs: 10 * MINUTE };
  const station = await ruleStation([rule({ batch })]);
  const devices = Array.from({ length: 30 }, (_, i) => `t${i}`);
  let packedAtMost = 0;
  for (let counter = 1; counter <= 96; counter++) {
    for (const device of devices) await station.take(frameAt(device, counter, counter / 10));
    await station.scheduler.advance(30 * MINUTE);
    packedAtMost = Math.max(packedAtMost, await station.outbox.waiting(AGENT));
    if (counter % 40 === 0) await station.restart();
  }
  expect(packedAtMost).toBe(16); // the rest waits as events
  const messages = await fetchAll(station);
  const orders = messages.map(({ headers }) => headers?.sender_order);
  expect(orders).toEqual(orders.map((_, i) => i + 1));
  for (const device of devices) {
    const counters = originsIn(messages)
      .filter((origin) => origin.device === device)
      .map(({ counter }) => counter);
    expect(counters).toEqual(Array.from({ length: 96 }, (_, i) => i + 1));
  }
  const events = eventsIn(messages);
  expect(new Set(events.map(({ eventID }) => eventID)).size).toBe(96 * 30);
  originsIn(messages).forEach(({ counter }, i) => {
    expect(events[i]?.eventTime).toBe(new Date(START + counter * 30 * MINUTE).toISOString());
  });
  expect((await station.store.size()).messages).toBe(0);
});

describe('a full store', () => {
  const take = (station: RuleStation, counter: number, value = 4): Promise<void> =>
    station.take(frameAt('t1', counter, value));
  /** Nothing is packed yet. */
  const batch = { events: 10_000, bytes: 10_000_000, ageMs: 600 * MINUTE };
  const limits = { total: { messages: 220, bytes: 10_000_000 }, reserved: { messages: 20, bytes: 100_000 } };

  test('refuses frames, so that devices keep theirs, and gives up nothing', async () => {
    const station = await ruleStation([rule({ batch })], limits);
    for (let counter = 1; counter <= 200; counter++) await take(station, counter);
    await expect(take(station, 201)).rejects.toMatchObject({ code: 'ERR_STORE_FULL', retryable: true });
    await station.scheduler.advance(600 * MINUTE);
    const [message] = await fetch(station.store, AGENT);
    expect(originsIn(message === undefined ? [] : [message]).map(({ counter }) => counter)).toEqual(
      Array.from({ length: 200 }, (_, i) => i + 1),
    );
    await take(station, 201);
  });

  test('is made room in by rules with `sample`: every second, of the oldest first; alarms stay; the agent is told', async () => {
    const station = await ruleStation([rule({ batch, maySample: true, above: 30 })], limits);
    const ids: string[] = [];
    for (let counter = 1; counter <= 260; counter++) {
      await take(station, counter, counter % 20 === 0 ? 31 : 4);
      if (counter === 190) {
        const [stream = ''] = (await station.store.destinations({ limit: 10 })).map(({ destination }) => destination);
        ids.push(...(await station.store.list({ destinations: [stream], limitMessages: 190 })).map(({ id }) => id));
      }
    }
    const [status] = (await station.rules.status()).streams;
    expect(status?.thinned).toBeGreaterThan(0);
    const fates = await Promise.all(ids.map((id) => station.store.why(id)));
    const thinned = fates.flatMap((fate, i) => (fate?.state === 'left' ? [i + 1] : []));
    for (const fate of fates) if (fate?.state === 'left') expect(fate.reason).toBe('thinned');

    await station.restart();
    await station.scheduler.advance(600 * MINUTE);
    const messages = await fetch(station.store, AGENT);
    const counters = originsIn(messages).map(({ counter }) => counter);
    expect(messages[0]).toMatchObject({
      type: `${SENSOR_DATA}/thinned`,
      body: {
        count: 260 - counters.length,
        devices: { t1: 260 - counters.length },
        from_time: (START + (thinned[0] ?? 0) * 30 * MINUTE) / 1000,
      },
      headers: { sender_order: 1 },
    });
    expect(counters).toEqual([...counters].sort((a, b) => a - b));
    expect(counters.filter((counter) => counter % 20 === 0)).toHaveLength(13);
    // Never two neighbours gone in the first pass.
    for (const [i, counter] of thinned.entries()) expect(counter - (thinned[i - 1] ?? -1)).toBeGreaterThan(1);
    expect((await station.rules.status()).streams[0]).toMatchObject({ waiting: 0 });
  });

  test('one rule with `sample` thins its own beyond `waitingEvents`, and leaves those of others alone', async () => {
    const rules = [
      rule({ name: 'sampled', devices: ['s'], maySample: true, waitingEvents: 50, batch }),
      rule({ name: 'kept', devices: ['t1'], batch }),
    ];
    const station = await ruleStation(rules, limits);
    for (let counter = 1; counter <= 100; counter++) {
      await station.take(frameAt('s', counter, 1));
      if (counter <= 20) await take(station, counter);
    }
    const { streams } = await station.rules.status();
    expect(streams).toMatchObject([
      { rule: 'sampled', waiting: 100 - (streams[0]?.thinned ?? 0) },
      { rule: 'kept', waiting: 20, thinned: 0 },
    ]);
    expect(streams[0]?.waiting).toBeLessThanOrEqual(50);
  });

  test('nothing but alarms: nothing is thinned', async () => {
    const station = await ruleStation([rule({ batch, maySample: true, above: 3 })], limits);
    for (let counter = 1; counter <= 200; counter++) await take(station, counter);
    await expect(take(station, 201)).rejects.toMatchObject({ code: 'ERR_STORE_FULL' });
  });
});

import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { CreatedDid } from '../../src/did/create.js';
import type { PlaintextMessage } from '../../src/envelope/message.js';
import type { Unpacked } from '../../src/envelope/unpack.js';
import { toNewDevice } from '../../src/sensor/device.js';
import { SENSOR_DATA } from '../../src/sensor/sensor-data/messages.js';
import type { Transport } from '../../src/transport/transport.js';
import { createMemoryTransport } from '../../transports/memory/memory.js';
import { Agent } from '../support/agent.js';
import { epcisValidator } from '../support/epcis-schema.js';
import { settle } from '../support/manual-scheduler.js';
import { rule } from '../support/rules.js';
import { cbor, pack, SensorDevice } from '../support/sensor-device.js';
import { envelopesOf, newIdentity, openStation, type Station } from '../support/station.js';
import { describeVectors } from '../support/vectors.js';

/* From a device's frame to a DIDComm message at an agent, through a whole gateway and real envelopes. */

const MINUTE = 60_000;
const SECONDS = Date.UTC(2026, 0, 1) / 1000;
const batch = { events: 5, bytes: 65_536, ageMs: MINUTE };

/** An agent that is reached at `memory:agent` while it listens. */
class Consumer {
  readonly identity: CreatedDid = newIdentity('memory:agent');
  readonly inbox: Unpacked[] = [];
  readonly #memory: Transport;
  #stop: (() => Promise<void>) | undefined;

  constructor(memory: Transport) {
    this.#memory = memory;
  }

  get did(): string {
    return this.identity.did;
  }

  async listen(): Promise<void> {
    const listener = await this.#memory.listen('memory:agent');
    this.#stop = async () => listener[Symbol.asyncDispose]();
    const envelopes = envelopesOf([this.identity]);
    void (async () => {
      for await (const channel of listener) {
        void (async () => {
          for await (const arrival of channel) {
            this.inbox.push(await envelopes.unpack(arrival.bytes));
            await arrival.accept();
          }
        })();
      }
    })();
  }

  async goAway(): Promise<void> {
    await this.#stop?.();
  }

  get messages(): readonly PlaintextMessage[] {
    return this.inbox.map(({ message }) => message);
  }

  attachments(id: string): readonly unknown[] {
    return this.messages
      .flatMap(({ attachments = [] }) => attachments.filter((each) => each.id === id))
      .map(({ data }) => data.json);
  }
}

async function register(station: Station, device: SensorDevice): Promise<void> {
  const location = 'urn:epc:id:sgln:4012345.00005.0';
  await station.gateway.sensors?.devices.add(toNewDevice({ ...device.registration, location, baseUnit: 'Cel' }));
}

/** What a device gets on a line of its own. */
async function send(station: Station, device: SensorDevice, frame: Uint8Array): Promise<unknown> {
  await using channel = await station.dial();
  const arrivals = channel[Symbol.asyncIterator]();
  await channel.send(frame).catch(() => undefined);
  const { value } = await arrivals.next();
  await value?.accept();
  return device.open(value?.bytes);
}

/** Lets messages be packed and pushed, which takes real time and none of the manual clock's. */
async function until(isDone: () => boolean): Promise<void> {
  for (let i = 0; i < 2000 && !isDone(); i++) await settle();
  expect(isDone()).toBe(true);
}

describeVectors('epcis', 'readings to an agent', () => {
  const validate = epcisValidator();

  test('arrive as valid events, authcrypted, in the order of their device, over a restart and while the agent is away', async () => {
    const memory = createMemoryTransport();
    const agent = new Consumer(memory);
    const rules = [rule({ agents: [agent.did], batch })];
    await using station = await openStation({ memory, sensors: {}, sensorRules: { rules } });
    const device = new SensorDevice('t1');
    await register(station, device);
    for (let i = 0; i < 7; i++) {
      expect(await send(station, device, device.frame(1, i, pack('temp', i, SECONDS + i)))).toEqual([2, 0]);
    }
    await station.restart();
    for (let i = 7; i < 12; i++) await send(station, device, device.frame(1, i, pack('temp', i, SECONDS + i)));
    expect(await send(station, device, device.frame(1, 3, pack('temp', 3, SECONDS + 3)))).toEqual([2, 0]); // a retransmission
    await agent.listen();
    await station.scheduler.advance(20 * MINUTE);
    await until(() => agent.messages.length >= 3);

    const frames = agent.messages.flatMap(({ body }) => body?.frames as readonly { counter: number }[]);
    expect(frames.map(({ counter }) => counter)).toEqual(Array.from({ length: 12 }, (_, i) => i));
    for (const { from, authenticated, layers } of agent.inbox) {
      expect([from, authenticated, layers.map(({ kind }) => kind)]).toEqual([station.did, true, ['authcrypt']]);
    }
    const documents = agent.attachments('events') as readonly {
      epcisBody: { eventList: readonly { eventID: string }[] };
    }[];
    for (const document of documents) validate(document);
    const events = documents.flatMap(({ epcisBody }) => epcisBody.eventList);
    expect(new Set(events.map(({ eventID }) => eventID)).size).toBe(12);
    expect(events[4]).toMatchObject({
      eventTime: '2026-01-01T00:00:04.000Z',
      readPoint: { id: 'urn:epc:id:sgln:4012345.00005.0' },
      sensorElementList: [{ sensorReport: [{ type: 'Temperature', value: 4, uom: 'CEL' }] }],
    });
    await until(() => agent.messages.length === 3);
    expect((await station.store.size()).messages).toBe(0);
    await agent.goAway();
  });

  test('two gateways that hear the same device make the same events of it', async () => {
    const ids = await Promise.all(
      ['memory:here', 'memory:there'].map(async (address) => {
        const memory = createMemoryTransport();
        const agent = new Consumer(memory);
        await agent.listen();
        const rules = [rule({ agents: [agent.did], batch })];
        await using station = await openStation({
          memory,
          address: address as 'memory:here',
          sensors: {},
          sensorRules: { rules },
        });
        const device = new SensorDevice('t1');
        await register(station, device);
        await station.scheduler.advance(address.length * MINUTE);
        await send(station, device, device.frame(1, 8, pack('temp', 4.25, SECONDS)));
        await station.scheduler.advance(20 * MINUTE);
        await until(() => agent.messages.length === 1);
        const [document] = agent.attachments('events') as readonly { epcisBody: { eventList: readonly unknown[] } }[];
        await agent.goAway();
        return document?.epcisBody.eventList;
      }),
    );
    expect(ids[0]).toEqual(ids[1]);
    expect(ids[0]).toHaveLength(1);
  });
});

test('what a rule wants signed is signed inside anoncrypt, with the frame as the evidence that its device made', async () => {
  const memory = createMemoryTransport();
  const agent = new Consumer(memory);
  await agent.listen();
  const rules = [rule({ agents: [agent.did], batch, isSigned: true, hasEvidence: true })];
  await using station = await openStation({ memory, sensors: {}, sensorRules: { rules } });
  const device = new SensorDevice('t1');
  await register(station, device);
  const sent = device.frame(1, 1, pack('temp', 4, SECONDS));
  await send(station, device, sent);
  await station.scheduler.advance(MINUTE);
  await until(() => agent.messages.length === 1);
  const [unpacked] = agent.inbox;
  expect(unpacked?.layers.map(({ kind }) => kind)).toEqual(['anoncrypt', 'signed']);
  expect([unpacked?.from, unpacked?.authenticated]).toEqual([station.did, true]);

  // What somebody who has the device's key checks, long after.
  const [[evidence] = []] = agent.attachments('frames') as readonly { frame: string; external_aad: string }[][];
  const frame = Buffer.from(evidence?.frame ?? '', 'base64url');
  expect(frame.equals(sent)).toBe(true);
  const proof = frame.subarray(-8);
  const protectedLength = (frame[2] ?? 0) - 0x40;
  const protectedBytes = frame.subarray(3, 3 + protectedLength);
  const payload = pack('temp', 4, SECONDS);
  const toProve = cbor(['MAC0', protectedBytes, Buffer.from(evidence?.external_aad ?? '', 'base64url'), payload]);
  const key = Buffer.from('0123456789abcdef'.repeat(2));
  expect(createHmac('sha256', key).update(toProve).digest().subarray(0, 8).equals(proof)).toBe(true);
  await agent.goAway();
});

describe('commands', () => {
  const command = (body: Record<string, unknown>) => ({ type: `${SENSOR_DATA}/command`, body });

  test('of an agent that may: they go to the device, as CBOR', async () => {
    const boss = new Agent();
    await using station = await openStation({ sensors: {}, sensorRules: { rules: [], commanders: [boss.did] } });
    const device = new SensorDevice('t1');
    await register(station, device);
    const answer = await boss.ask(station, command({ device: 't1', command: 'set-interval', seconds: 60 }));
    expect(answer).toMatchObject({ type: `${SENSOR_DATA}/command-queued`, body: { device: 't1', number: 1 } });
    expect(await send(station, device, device.frame(1, 1, pack('temp', 4)))).toEqual([2, 0, 0, [1, 2, 60]]);
  });

  test.each([
    ['somebody else', false, { device: 't1', command: 'ping' }, 'e.p.trust'],
    ['an unknown device', true, { device: 't2', command: 'ping' }, 'e.p.req.device-unknown'],
    ['an unknown command', true, { device: 't1', command: 'explode' }, 'e.p.msg'],
    ['an interval out of range', true, { device: 't1', command: 'set-interval', seconds: 0 }, 'e.p.msg'],
    ['an interval that is none', true, { device: 't1', command: 'set-interval', seconds: 'soon' }, 'e.p.msg'],
    ['no device', true, { command: 'ping' }, 'e.p.msg'],
  ])('%s: refused', async (_, isCommander, body, code) => {
    const agent = new Agent();
    const commanders = isCommander ? [agent.did] : [];
    await using station = await openStation({ sensors: {}, sensorRules: { rules: [], commanders } });
    await register(station, new SensorDevice('t1'));
    expect(await agent.ask(station, command(body))).toMatchObject({ body: { code } });
  });
});

import type { InstrumentKind, JournalEntry, SensorLine } from '../../../firmware-sim/index.js';
import { createScheduler } from '../../core/scheduler.js';
import type { Unpacked } from '../../envelope/unpack.js';
import { receive } from '../../mailbox/receive.js';
import { createTimers } from '../../transport/timers.js';
import type { AbortOptions } from '../../transport/transport.js';
import { openAll } from '../run/cleanup.js';
import { notAsTold } from './not-as-told.js';
import type { Stage } from './stage.js';
import { openThermometerLine } from './thermometer.js';
import { setTruck, type Truck } from './truck.js';

/** An event of EPCIS 2.0 with what the demo looks at. */
interface ColdChainEvent {
  readonly eventID: string;
  readonly eventTime: string;
  readonly sensorElementList: readonly {
    readonly sensorMetadata: { readonly deviceID: string; readonly rawData: string };
    readonly sensorReport: readonly { readonly type: string; readonly value: number; readonly uom: string }[];
  }[];
}

const INTERVAL_MS = 60;

/** A pallet on its way: devices that speak no DIDComm, a gateway that is offline for a while, and an agent that wants events. */
export function playPallet(say: (line: string) => void, { root, clock }: Stage, signal: AbortSignal): Promise<void> {
  return openAll(async (cleanup) => {
    say(
      '\nA pallet of vaccine travels in a truck, which has a gateway of its own. The buyer has an agent whose mailbox is at a mediator in the city.',
    );
    const truck = await setTruck(root, clock, cleanup);
    const thermometer = await addDevice(truck, 'thermometer', () => openThermometerLine(truck.line, cleanup));
    const tracker = await addDevice(truck, 'tracker', async () => dialBroker(truck));
    const devices = [thermometer, tracker];
    const measure = (readings: number): Promise<unknown> =>
      Promise.all(devices.map((device) => device.measure(readings, signal)));
    const expected = (): readonly JournalEntry[] => devices.flatMap((device) => device.acknowledged());
    say(
      'A thermometer on a serial line and a tracker at the MQTT broker of that gateway measure. Each sends frames of some 50 bytes,',
    );
    say('and forgets a reading only when the gateway has proven that it has stored it.');

    const events: ColdChainEvent[] = [];
    await measure(3);
    await collect(truck, events, expected().length, signal);
    say(`  The agent has ${events.length} events of EPCIS 2.0, such as: ${shown(events)}.`);

    truck.backhaul.cut();
    say('The truck enters a tunnel: no internet. The devices go on measuring.');
    await measure(6);
    const waiting = expected().length - events.length;
    say(`  They have forgotten their readings; the gateway holds what is to become ${waiting} events.`);
    await truck.restart();
    say('The gateway is switched off and on again, still in the tunnel.');

    truck.backhaul.restore();
    say('The truck leaves the tunnel.');
    await collect(truck, events, expected().length, signal);
    compare(events, expected());
    say(
      `  The agent has ${events.length} events now: every frame that a device was told is stored, by its own SHA-256, exactly once,`,
    );
    say('  with the time of its measurement, in the order of each device.');
    await cleanup[Symbol.asyncDispose]();
  });
}

interface PalletDevice {
  /** Resolves when so many more readings are stored at the gateway. */
  measure(readings: number, signal: AbortSignal): Promise<void>;
  acknowledged(): readonly JournalEntry[];
}

async function addDevice(
  truck: Truck,
  kind: InstrumentKind,
  openLine: () => Promise<(options: AbortOptions) => Promise<SensorLine>>,
): Promise<PalletDevice> {
  const { INSTRUMENTS, Journal, runSensor, seededRandom, Sensor, SimulatedClock } = await import(
    '../../../firmware-sim/index.js'
  );
  const journal = new Journal();
  const random = seededRandom(1);
  const { randomBytes } = await import('node:crypto');
  const sensor = new Sensor({
    id: kind,
    key: { authentication: 'hmac-256-64', secret: await truck.addDevice(kind) },
    instrument: INSTRUMENTS[kind](random),
    clock: new SimulatedClock({ monotonicMs: () => performance.now() }),
    hasFlash: true,
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
    say: (event) => journal.note(event),
  });
  const dial = await openLine();
  const timers = createTimers(createScheduler(), () => performance.now());
  return {
    measure: (count, signal) =>
      runSensor({ sensor, dial, count, intervalMs: INTERVAL_MS, random, timers, say: () => {}, signal }),
    acknowledged: () => journal.acknowledged,
  };
}

async function dialBroker(truck: Truck): Promise<(options: AbortOptions) => Promise<SensorLine>> {
  const { dialMqtt } = await import('../../../firmware-sim/index.js');
  const { password } = truck;
  return (options) =>
    dialMqtt({ broker: truck.broker(), prefix: 'pallet', id: 'tracker', username: 'tracker', password }, options);
}

/** Lets the agent fetch until it has so many different events. */
async function collect({ buyer }: Truck, events: ColdChainEvent[], count: number, signal: AbortSignal): Promise<void> {
  const isThere = await receive({
    correspondent: buyer.correspondent,
    invitationId: buyer.mailbox.mediator.invitationId,
    signal,
    async take({ message }: Unpacked) {
      const document = message.attachments?.[0]?.data.json as unknown as {
        readonly epcisBody: { readonly eventList: readonly ColdChainEvent[] };
      };
      for (const event of document.epcisBody.eventList) {
        if (!events.some(({ eventID }) => eventID === event.eventID)) events.push(event);
      }
      return events.length >= count;
    },
  });
  if (!isThere) throw notAsTold(`the agent has ${events.length} of ${count} events`);
}

/** Each acknowledged frame is one event, in the order of its device. */
function compare(events: readonly ColdChainEvent[], acknowledged: readonly JournalEntry[]): void {
  const hashes = events.map(({ sensorElementList }) => sensorElementList[0]?.sensorMetadata.rawData);
  const isComplete = acknowledged.every(({ hash }) => hashes.includes(`ni:///sha-256;${hash}`));
  if (!isComplete || events.length !== acknowledged.length) throw notAsTold('the events are not what the devices sent');
  const last = new Map<string, string>();
  for (const { eventTime, sensorElementList } of events) {
    const device = sensorElementList[0]?.sensorMetadata.deviceID ?? '';
    if (eventTime < (last.get(device) ?? '')) throw notAsTold('the events of a device are out of order');
    last.set(device, eventTime);
  }
}

function shown(events: readonly ColdChainEvent[]): string {
  const reports = events.flatMap(({ eventTime, sensorElementList }) =>
    sensorElementList.flatMap(({ sensorReport }) => sensorReport.map((report) => ({ ...report, eventTime }))),
  );
  const { type, value, uom, eventTime } = reports.find((report) => report.uom === 'CEL') ?? {};
  return `${type} ${value} ${uom} at ${eventTime}`;
}

import { randomBytes } from 'node:crypto';
import { seededRandom } from '../../firmware-sim/random.js';
import { SimulatedClock } from '../../firmware-sim/sensor/clock.js';
import { INSTRUMENTS, type InstrumentKind, sticking } from '../../firmware-sim/sensor/instruments.js';
import { Journal } from '../../firmware-sim/sensor/journal.js';
import { dialMqtt } from '../../firmware-sim/sensor/mqtt-line.js';
import { replaying } from '../../firmware-sim/sensor/replay.js';
import { runSensor } from '../../firmware-sim/sensor/run-sensor.js';
import { Sensor } from '../../firmware-sim/sensor/sensor.js';
import { timers } from './pty-lines.js';

const KINDS = Object.keys(INSTRUMENTS) as readonly InstrumentKind[];
/** Values of a reading. */
const VALUES = { thermometer: 1, tracker: 2, beacon: 2 } as const satisfies Record<InstrumentKind, number>;
const RETRY_MS = 500;

/** One of many simulated sensors. What is wrong with it, if anything, follows from its number. */
export class FleetSensor {
  readonly id: string;
  readonly journal = new Journal();
  readonly valuesPerReading: number;
  /** One frame at a time, so that the order is kept whatever gets lost on the way. */
  readonly isInOrder: boolean;
  /** Hexadecimal digits. */
  readonly key: string;
  readonly sensor: Sensor;
  readonly #number: number;
  readonly #rebootAfter: number | undefined;

  constructor(number: number) {
    const kind = KINDS[number % KINDS.length] ?? 'thermometer';
    const secret = new Uint8Array(randomBytes(16));
    const hasFlash = number % 4 !== 3;
    const random = seededRandom(number);
    this.id = `d${number}`;
    this.key = Buffer.from(secret).toString('hex');
    this.valuesPerReading = VALUES[kind];
    this.isInOrder = number % 5 !== 4;
    this.#number = number;
    this.#rebootAfter = number % 2 === 1 ? 20 + number : undefined;
    this.sensor = new Sensor({
      id: this.id,
      key: { authentication: 'hmac-256-64', secret },
      instrument: sticking(INSTRUMENTS[kind](random), number % 6 === 0 ? 0.2 : 0, 5, random),
      clock: new SimulatedClock({
        monotonicMs: () => performance.now(),
        driftPpm: (number % 7) * 20,
        ...(hasFlash ? { timeS: Date.now() / 1000 } : {}),
      }),
      hasFlash,
      ...(hasFlash ? { firstEpoch: 1 } : {}),
      randomBytes: (length) => new Uint8Array(randomBytes(length)),
      say: (event) => this.journal.note(event),
      window: this.isInOrder ? 1 : 8,
      retryMs: RETRY_MS,
    });
  }

  /** Measures every `intervalMs` until `isOver` aborts, and then sends what it still has. */
  async run(broker: string, prefix: string, intervalMs: number, count: number, signal: AbortSignal): Promise<void> {
    const random = seededRandom(this.#number + 1000);
    const isReplayed = this.#number % 8 === 5;
    await runSensor({
      sensor: this.sensor,
      dial: async (options) =>
        replaying(await dialMqtt({ broker, prefix, id: this.id }, options), isReplayed ? 0.2 : 0, random),
      intervalMs,
      count,
      ...(this.#rebootAfter === undefined ? {} : { rebootAfter: this.#rebootAfter }),
      random,
      timers,
      say: (event) => this.journal.note(event),
      signal,
      backoff: { initialMs: 50, maxMs: 500 },
    });
  }

  /** What is wrong by its own journal with what an agent has; nothing when all is well. */
  problemsWith(events: readonly { frameHash: string; epoch: number; counter: number; reports: number }[]): string[] {
    const { acknowledged, sent, taken, readings, lost } = this.journal;
    const problems: string[] = [];
    const complain = (isWrong: boolean, what: string): void => {
      if (isWrong) problems.push(`${this.id}: ${what}`);
    };
    complain(taken !== readings + lost, `${taken} readings taken, ${readings} acknowledged, ${lost} lost`);
    for (const { hash, epoch, counter, readings: count } of acknowledged) {
      const found = events.filter(({ frameHash }) => frameHash === hash);
      complain(found.length !== 1, `the acknowledged frame ${epoch}.${counter} is at the agent ${found.length} times`);
      complain(found[0]?.reports !== count * this.valuesPerReading, `frame ${epoch}.${counter} has other readings`);
    }
    complain(
      events.some(({ frameHash }) => !sent.has(frameHash)),
      'an event is of a frame that was never sent',
    );
    const isOrdered = events.every(({ epoch, counter }, at) => {
      const before = events[at - 1];
      return before === undefined || epoch > before.epoch || (epoch === before.epoch && counter > before.counter);
    });
    complain(this.isInOrder && !isOrdered, 'its events are out of order');
    return problems;
  }
}

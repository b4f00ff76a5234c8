import { randomBytes } from 'node:crypto';
import {
  INSTRUMENTS,
  type InstrumentKind,
  lineOver,
  replaying,
  runSensor,
  SENSOR_SCENARIOS,
  Sensor,
  type SensorEvent,
  type SensorLine,
  type SensorScenario,
  SimulatedClock,
  STUCK_READINGS,
  seededRandom,
  sticking,
} from '../../../firmware-sim/index.js';
import { WaypostError } from '../../core/errors.js';
import { createScheduler } from '../../core/scheduler.js';
import { createTimers } from '../../transport/timers.js';
import type { AbortOptions } from '../../transport/transport.js';
import { type Io, writeJson } from '../io.js';
import { type Cleanup, openAll } from '../run/cleanup.js';
import type { MediumOptions, SensorTransport } from './medium.js';
import { openBroker } from './mqtt-medium.js';
import { openMedium } from './open-medium.js';
import { findProfile } from './profile.js';
import { showSensorEvent } from './show-sensor-event.js';

export interface SimulateSensorOptions extends Omit<MediumOptions, 'warn' | 'transport'> {
  readonly kind: InstrumentKind;
  readonly transport: SensorTransport;
  readonly id: string;
  readonly authentication: 'hmac-256-64' | 'hmac-256-256';
  readonly secret: Uint8Array;
  readonly scenario: string | undefined;
  /** At an MQTT broker. */
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly intervalMs: number;
  readonly count: number | undefined;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** Runs a simulated sensor until `count` readings are stored at the gateway or `signal` aborts. Throws ERR_USAGE. */
export async function simulateSensor(io: Io, options: SimulateSensorOptions): Promise<void> {
  const { kind, id, authentication, secret, seed, json, intervalMs, count } = options;
  const scenario: SensorScenario = findProfile(SENSOR_SCENARIOS, options.scenario ?? 'steady');
  const random = seededRandom(seed);
  const say = (event: SensorEvent): void => {
    if (json) writeJson(io, event);
    else io.stdout.write(`${showSensorEvent(event)}\n`);
  };
  const sensor = new Sensor({
    id,
    key: { authentication, secret },
    instrument: sticking(INSTRUMENTS[kind](random), scenario.stuck, STUCK_READINGS, random),
    clock: new SimulatedClock({ monotonicMs: () => performance.now(), driftPpm: scenario.driftPpm }),
    hasFlash: scenario.hasFlash,
    // Each run of the command is a device whose flash is empty: it asks for its first epoch.
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
    say,
  });
  await openAll(async (cleanup) => {
    const { dial, instructions, gone } = await openLine(io, options, cleanup);
    for (const line of instructions) (json ? io.stderr : io.stdout).write(`${line}\n`);
    await runSensor({
      sensor,
      dial: async (abort) => replaying(await dial(abort), scenario.replayed, random),
      intervalMs,
      ...(count === undefined ? {} : { count }),
      ...(scenario.rebootAfter === undefined ? {} : { rebootAfter: scenario.rebootAfter }),
      random,
      timers: createTimers(createScheduler(), () => performance.now()),
      say,
      signal: gone === undefined ? options.signal : AbortSignal.any([options.signal, gone]),
    });
    gone?.throwIfAborted();
    await cleanup[Symbol.asyncDispose]();
  });
}

interface Medium {
  readonly dial: (options: AbortOptions) => Promise<SensorLine>;
  readonly instructions: readonly string[];
  readonly gone?: AbortSignal | undefined;
}

async function openLine(io: Io, options: SimulateSensorOptions, cleanup: Cleanup): Promise<Medium> {
  const { transport } = options;
  if (transport === 'mqtt') return { dial: openBroker(options), instructions: [] };
  const warn = (line: string): void => void io.stderr.write(`${line}\n`);
  const { dial, isOneWay, instructions, gone } = await openMedium({ ...options, transport, warn }, undefined, cleanup);
  if (isOneWay) throw new WaypostError('ERR_USAGE', `a sensor needs answers, and ${transport} has none`);
  return { dial: async (abort) => lineOver(await dial(abort)), instructions, gone };
}

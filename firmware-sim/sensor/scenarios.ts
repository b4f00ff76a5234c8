/** What goes wrong with a sensor; the line to its gateway has faults of its own. */
export interface SensorScenario {
  readonly description: string;
  /** It keeps its memory over a reboot. */
  readonly hasFlash: boolean;
  readonly driftPpm: number;
  /** It loses its power after each of so many readings. */
  readonly rebootAfter?: number;
  /** The part of all messages after which somebody on the line sends an old one again. */
  readonly replayed: number;
  /** The part of all readings after which the instrument is stuck for a while. */
  readonly stuck: number;
}

const GOOD = { hasFlash: true, driftPpm: 0, replayed: 0, stuck: 0 };

/** The scenarios by name, as `waypost sim --scenario` takes them. */
export const SENSOR_SCENARIOS = {
  steady: { description: 'nothing goes wrong', ...GOOD },
  drifting: { description: 'a cheap crystal: the clock is 100 ppm fast, 9 s a day', ...GOOD, driftPpm: 100 },
  rebooting: {
    description: 'a loose battery: it restarts after every 10 readings and goes on from its flash',
    ...GOOD,
    rebootAfter: 10,
  },
  forgetful: {
    description: 'the same without flash: what was not stored yet is lost, and it asks for numbers and the time',
    ...GOOD,
    hasFlash: false,
    rebootAfter: 10,
  },
  replayed: { description: 'somebody on the line sends every third message again', ...GOOD, replayed: 0.33 },
  stuck: { description: 'the instrument shows the same for a while, again and again', ...GOOD, stuck: 0.2 },
} as const satisfies Readonly<Record<string, SensorScenario>>;

/** Readings for which a stuck instrument is stuck. */
export const STUCK_READINGS = 5;

import { matchesAny } from '../../core/wildcard.js';
import type { DeviceFrame, Reading } from '../reading.js';

/** What travels to agents: events of EPCIS 2.0, or SenML as the device said it. */
export type RuleFormat = 'epcis' | 'senml';

/** Which readings go to which agents, and how. */
export interface Rule {
  /** Unique; 1 to 60 letters, digits, `-` and `_`. */
  readonly name: string;
  /** Ids of devices, with `*` for any characters. */
  readonly devices: readonly string[];
  /** Names of readings, with `*`; none: all of them. */
  readonly quantities: readonly string[];
  /**
   * One frame in so many is sent: those whose counter it divides, so that two gateways choose the same. 0: none, but for
   * what is beyond a threshold.
   */
  readonly oneIn: number;
  /** Numbers beyond these are sent whatever `oneIn` says, and are never thinned. */
  readonly above?: number;
  readonly below?: number;
  readonly format: RuleFormat;
  /** For EPCIS: what agents call a device; `{device}` stands for its id. */
  readonly deviceUri: string;
  /** For EPCIS: `gs1:MeasurementType` by the name of a reading, where its unit does not say it. */
  readonly types: ReadonlyMap<string, string>;
  /** DIDs, as they spell themselves. */
  readonly agents: readonly string[];
  /** The device's own frames travel along. */
  readonly hasEvidence: boolean;
  /** Signed by the gateway, so that an agent can show to others what it got. */
  readonly isSigned: boolean;
  /** Waiting readings may be thinned when room is short. */
  readonly maySample: boolean;
  /** Of `maySample`: events that wait for one agent before they are thinned. */
  readonly waitingEvents: number;
  readonly batch: BatchLimits;
}

/** What is sent in one message: when one of the three is reached. */
export interface BatchLimits {
  readonly events: number;
  /** Of the events, before they are packed. */
  readonly bytes: number;
  /** How long the oldest waits for others. */
  readonly ageMs: number;
}

/** For what waits under a rule that is not configured any more. */
export const DEFAULT_BATCH: BatchLimits = { events: 100, bytes: 65_536, ageMs: 60_000 };

/** What a rule wants of a frame. */
export interface Selection {
  readonly readings: readonly Reading[];
  /** One of them is beyond a threshold. */
  readonly isAlarm: boolean;
}

/** Undefined when the rule is not about the device. No readings: about the device, but not about this frame. */
export function select(rule: Rule, frame: DeviceFrame): Selection | undefined {
  if (!matchesAny(rule.devices, frame.deviceId)) return undefined;
  const { quantities, oneIn } = rule;
  const wanted = frame.readings.filter(({ name }) => quantities.length === 0 || matchesAny(quantities, name));
  const beyond = wanted.filter((reading) => isBeyond(rule, reading));
  const isSampled = oneIn > 0 && frame.counter % oneIn === 0;
  return { readings: isSampled ? wanted : beyond, isAlarm: beyond.length > 0 };
}

function isBeyond({ above = Number.POSITIVE_INFINITY, below = Number.NEGATIVE_INFINITY }: Rule, { value }: Reading) {
  return typeof value === 'number' && (value > above || value < below);
}

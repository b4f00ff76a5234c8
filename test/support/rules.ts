import { silentLogger } from '../../src/core/logger.js';
import type { DeviceFrame } from '../../src/sensor/reading.js';
import type { Rule } from '../../src/sensor/rules/rule.js';
import { createSensorRules, type SensorRules } from '../../src/sensor/rules/sensor-rules.js';
import { RULE_SPACES } from '../../src/sensor/rules/spaces.js';
import { DEFAULT_LIMITS, type StoreLimits } from '../../src/store/limits.js';
import { MemoryEngine } from '../../src/store/memory-engine.js';
import { reopenMemoryStore } from '../../src/store/memory-store.js';
import type { MessageStore } from '../../src/store/message-store.js';
import { PlainOutbox } from './agent-outbox.js';
import { ManualClock } from './manual-clock.js';
import { ManualScheduler } from './manual-scheduler.js';
import { primitives } from './station.js';

export const AGENT = 'did:example:agent';

/** A rule that sends every frame as an EPCIS event, ten at once or after a minute, with `changes`. */
export function rule(changes: Partial<Rule> = {}): Rule {
  return {
    name: 'cold-chain',
    devices: ['*'],
    quantities: [],
    oneIn: 1,
    format: 'epcis',
    deviceUri: 'https://id.example.org/device/{device}',
    types: new Map(),
    agents: [AGENT],
    hasEvidence: false,
    isSigned: false,
    maySample: false,
    waitingEvents: 1000,
    batch: { events: 10, bytes: 65_536, ageMs: 60_000 },
    ...changes,
  };
}

/** Rules at work on a store in memory that outlives them. */
export interface RuleStation {
  readonly clock: ManualClock;
  readonly scheduler: ManualScheduler;
  readonly store: MessageStore;
  readonly outbox: PlainOutbox;
  readonly rules: SensorRules;
  /** Stores a frame as the intake does: what the rules make of it in one transaction. */
  take(frame: DeviceFrame): Promise<void>;
  /** Power off and on, with other rules if so given. */
  restart(rules?: readonly Rule[]): Promise<void>;
}

export async function ruleStation(first: readonly Rule[], limits: Partial<StoreLimits> = {}): Promise<RuleStation> {
  const engine = new MemoryEngine({ ...DEFAULT_LIMITS, ...limits }, RULE_SPACES);
  const clock = new ManualClock();
  const open = async (rules: readonly Rule[]) => {
    const store = reopenMemoryStore(engine, { clock, limits, spaces: RULE_SPACES });
    const scheduler = new ManualScheduler(clock);
    const outbox = new PlainOutbox(store);
    const made = createSensorRules({ rules, store, outbox, primitives, clock, scheduler, logger: silentLogger });
    await made.start();
    await scheduler.advance(0);
    return { store, scheduler, outbox, rules: made, configured: rules };
  };
  let parts = await open(first);
  return {
    clock,
    get scheduler() {
      return parts.scheduler;
    },
    get store() {
      return parts.store;
    },
    get outbox() {
      return parts.outbox;
    },
    get rules() {
      return parts.rules;
    },
    async take(frame) {
      const { rules, store } = parts;
      await store.transact(await rules.outlet.operations(frame));
      rules.outlet.stored(frame);
    },
    async restart(rules = parts.configured) {
      parts = await open(rules);
    },
  };
}

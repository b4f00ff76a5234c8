import type { DeviceClock } from '../../core/clock.js';
import type { Logger } from '../../core/logger.js';
import { Mutex } from '../../core/mutex.js';
import type { Scheduler } from '../../core/scheduler.js';
import type { Primitives } from '../../crypto/primitives.js';
import type { MessageStore } from '../../store/message-store.js';
import type { Outlet } from '../reading.js';
import type { AgentOutbox } from './agent-outbox.js';
import { Batcher, streamsIn } from './batcher.js';
import { RuleOutlet } from './outlet.js';
import type { Rule } from './rule.js';
import { parseStream, streamsOf } from './stream.js';
import { Thinning } from './thinning.js';

export interface SensorRulesOptions {
  readonly rules: readonly Rule[];
  /** Opened with `RULE_SPACES`. */
  readonly store: Pick<MessageStore, 'destinations' | 'get' | 'list' | 'size' | 'status' | 'transact'>;
  readonly outbox: AgentOutbox;
  readonly primitives: Primitives;
  readonly clock: Pick<DeviceClock, 'nowMs' | 'monotonicMs'>;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
}

/** What waits under one rule for one agent. */
export interface RuleStatus {
  readonly rule: string;
  readonly agent: string;
  /** False for what a rule left that is not configured (so) any more: it is still sent. */
  readonly isConfigured: boolean;
  readonly waiting: number;
  readonly bytes: number;
  readonly oldestAgeMs: number | null;
  /** Messages since the start. */
  readonly sent: number;
  /** Events given up since the start. */
  readonly thinned: number;
  /** Why nothing could be packed. */
  readonly lastError: string | null;
}

export interface SensorRulesStatus {
  readonly streams: readonly RuleStatus[];
  /** Frames since the start that no rule was about. */
  readonly unwantedFrames: number;
  /** Readings since the start whose unit has no code, by unit: they travel as text. */
  readonly unitsWithoutCode: Readonly<Record<string, number>>;
}

/** From readings to agents. Disposing finishes the message that is being made. */
export interface SensorRules extends AsyncDisposable {
  readonly outlet: Outlet;
  /** Takes up what was left by the run before. */
  start(): Promise<void>;
  /** To be called when messages left for an agent: the next may be packed. */
  wake(): void;
  status(): Promise<SensorRulesStatus>;
}

export function createSensorRules(options: SensorRulesOptions): SensorRules {
  const { rules, store, outbox, primitives, clock, scheduler, logger } = options;
  const mutex = new Mutex();
  const thinning = new Thinning({ rules, store, mutex, monotonicMs: () => clock.monotonicMs() });
  const batcher = new Batcher({ rules, store, outbox, mutex, scheduler, clock, logger });
  const onWaiting = (stream: string, bytes: number): void => batcher.notice(stream, bytes);
  const outlet = new RuleOutlet({ rules, primitives, thinning, logger, onWaiting });
  const configured = rules.flatMap(streamsOf);
  return {
    outlet,
    start: () => batcher.start(),
    wake: () => batcher.wake(),
    async status() {
      const left = (await streamsIn(store)).map(({ destination }) => destination);
      const names = [...configured, ...left.filter((name) => !configured.includes(name))];
      const streams = await Promise.all(names.map((name) => statusOf(name, configured, store, batcher, thinning)));
      const unitsWithoutCode = Object.fromEntries(outlet.unitsWithoutCode);
      return { streams: streams.flat(), unwantedFrames: outlet.unwanted, unitsWithoutCode };
    },
    [Symbol.asyncDispose]: () => batcher[Symbol.asyncDispose](),
  };
}

async function statusOf(
  name: string,
  configured: readonly string[],
  store: Pick<MessageStore, 'status'>,
  batcher: Batcher,
  thinning: Thinning,
): Promise<readonly RuleStatus[]> {
  const stream = parseStream(name);
  if (stream === undefined) return [];
  const { messages, bytes, oldestAgeMs } = await store.status(name);
  const progress = batcher.progress(name);
  return [
    {
      rule: stream.rule,
      agent: stream.agent,
      isConfigured: configured.includes(name),
      waiting: messages,
      bytes,
      oldestAgeMs: oldestAgeMs ?? null,
      sent: progress?.sent ?? 0,
      thinned: thinning.count(name),
      lastError: progress?.lastError?.message ?? null,
    },
  ];
}

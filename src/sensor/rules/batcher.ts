import type { DeviceClock } from '../../core/clock.js';
import { isWaypostError, WaypostError } from '../../core/errors.js';
import type { Logger } from '../../core/logger.js';
import type { Mutex } from '../../core/mutex.js';
import type { Scheduler } from '../../core/scheduler.js';
import type { Reply } from '../../protocols/protocol.js';
import type { MessageStore, Operation, QueuedMessage, QueueStatus } from '../../store/message-store.js';
import { readingsMessage, thinnedMessage } from '../sensor-data/messages.js';
import type { AgentOutbox, PreparedMessage } from './agent-outbox.js';
import { encodeSeries, readSeries, readThinned, type Series } from './notes.js';
import { type BatchLimits, DEFAULT_BATCH, type Rule } from './rule.js';
import { SERIES, THINNED } from './spaces.js';
import { parseStream, STREAM_PREFIX, type Stream } from './stream.js';
import { decodeWaiting } from './waiting.js';

interface BatcherOptions {
  readonly store: Pick<MessageStore, 'destinations' | 'get' | 'list' | 'status' | 'transact'>;
  readonly outbox: AgentOutbox;
  readonly rules: readonly Rule[];
  /** Whoever takes events out of streams holds it. */
  readonly mutex: Mutex;
  readonly scheduler: Scheduler;
  readonly clock: Pick<DeviceClock, 'nowMs' | 'monotonicMs'>;
  readonly logger: Logger;
}

/** What is known of a stream that something waits in. */
interface Active {
  readonly stream: Stream;
  /** Came since it was looked at. */
  events: number;
  bytes: number;
  lastError: WaypostError | undefined;
  /** Nothing is tried before this moment. */
  restsUntilMs: number;
  /** Messages since the start. */
  sent: number;
}

/** Packed messages that wait for one agent at most. The rest waits as events: smaller, still to be batched and thinned. */
const MAX_PACKED = 16;
/** Whether an agent took some; sooner where `wake` tells. */
const LOOK_AGAIN_MS = 60_000;
const AFTER_ERROR_MS = 30_000;
const PAGE = 500;

/**
 * Makes messages of what waits in streams. A message is put on its way in the transaction that takes its events out of
 * the stream: wherever the power goes, each event is in the one place or in the other.
 */
export class Batcher implements AsyncDisposable {
  readonly #options: BatcherOptions;
  readonly #limits: ReadonlyMap<string, BatchLimits>;
  readonly #active = new Map<string, Active>();
  /** The next look at all streams. */
  #next: { readonly atMs: number; readonly cancel: () => void } | undefined;
  #looking: Promise<void> = Promise.resolve();
  #isStopped = false;
  /** Something is due, and too much waits for its agent already. */
  #isHeld = false;

  constructor(options: BatcherOptions) {
    this.#options = options;
    this.#limits = new Map(options.rules.map(({ name, batch }) => [name, batch]));
  }

  /** Takes up what was left by the run before, also under rules that are gone. */
  async start(): Promise<void> {
    for (const { destination } of await streamsIn(this.#options.store)) this.#activate(destination);
    this.#lookIn(0);
  }

  /** Something was put into a stream. */
  notice(name: string, bytes: number): void {
    const active = this.#activate(name);
    if (active === undefined) return;
    active.events++;
    active.bytes += bytes;
    const limits = this.#limitsOf(active.stream);
    const isDue = active.events >= limits.events || active.bytes >= limits.bytes;
    this.#lookIn(isDue ? 0 : limits.ageMs);
  }

  /** Messages left for some agent: there may be room for more. */
  wake(): void {
    if (this.#isHeld) this.#lookIn(0);
  }

  progress(name: string): Pick<Active, 'lastError' | 'sent'> | undefined {
    return this.#active.get(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true;
    this.#next?.cancel();
    await this.#looking;
  }

  #activate(name: string): Active | undefined {
    const known = this.#active.get(name);
    if (known !== undefined) return known;
    const stream = parseStream(name);
    if (stream === undefined) return undefined;
    const active: Active = { stream, events: 0, bytes: 0, lastError: undefined, restsUntilMs: 0, sent: 0 };
    this.#active.set(name, active);
    return active;
  }

  #limitsOf({ rule }: Stream): BatchLimits {
    return this.#limits.get(rule) ?? DEFAULT_BATCH;
  }

  /** At the latest; an earlier look that was agreed stays. */
  #lookIn(delayMs: number): void {
    const { scheduler, clock } = this.#options;
    const atMs = clock.monotonicMs() + delayMs;
    if (this.#isStopped || (this.#next !== undefined && this.#next.atMs <= atMs)) return;
    this.#next?.cancel();
    const cancel = scheduler.after(delayMs, () => {
      this.#next = undefined;
      this.#looking = this.#looking.then(() => this.#look());
    });
    this.#next = { atMs, cancel };
  }

  async #look(): Promise<void> {
    this.#isHeld = false;
    for (const [name, active] of this.#active) {
      if (this.#isStopped) return;
      const againMs = await this.#lookAt(name, active);
      if (againMs !== undefined) this.#lookIn(againMs);
    }
  }

  /** Sends what is due. The result is when to look again; undefined when nothing waits. */
  async #lookAt(name: string, active: Active): Promise<number | undefined> {
    const { outbox, store, mutex, clock } = this.#options;
    const restMs = active.restsUntilMs - clock.monotonicMs();
    if (restMs > 0) return restMs;
    const limits = this.#limitsOf(active.stream);
    active.events = 0;
    active.bytes = 0;
    try {
      for (;;) {
        const waiting = await store.status(name);
        if (waiting.messages === 0) return undefined;
        const waitMs = untilDue(waiting, limits);
        if (waitMs > 0) return waitMs;
        if (this.#isStopped || (await outbox.waiting(active.stream.agent)) >= MAX_PACKED) {
          this.#isHeld = true;
          return LOOK_AGAIN_MS;
        }
        await mutex.run(() => this.#send(name, active.stream, limits));
        active.sent++;
        active.lastError = undefined;
      }
    } catch (cause) {
      this.#failed(name, active, cause);
      active.restsUntilMs = clock.monotonicMs() + AFTER_ERROR_MS;
      return AFTER_ERROR_MS;
    }
  }

  async #send(name: string, stream: Stream, { events, bytes }: Pick<BatchLimits, 'events' | 'bytes'>): Promise<void> {
    const batch = await this.#options.store.list({ destinations: [name], limitMessages: events, limitBytes: bytes });
    if (batch.length === 0) return;
    try {
      await this.#sendBatch(name, stream, batch);
    } catch (error) {
      // Packing adds about a half; one event alone is far below every limit.
      if (batch.length === 1 || !isWaypostError(error, 'ERR_TOO_LARGE')) throw error;
      await this.#send(name, stream, { events: Math.floor(batch.length / 2), bytes });
    }
  }

  async #sendBatch(name: string, stream: Stream, batch: readonly QueuedMessage[]): Promise<void> {
    const { store, clock } = this.#options;
    const thinned = await store.get(THINNED, name);
    const before = await store.get(SERIES, name);
    const messages: Reply[] = [
      ...(thinned === undefined ? [] : [thinnedMessage(readThinned(thinned))]),
      readingsMessage(
        batch.map(({ content }) => decodeWaiting(content)),
        clock.nowMs(),
      ),
    ];
    const prepared: PreparedMessage[] = [];
    let series = readSeries(before);
    for (const message of messages) {
      const next = await this.#prepare(message, stream, series);
      prepared.push(next.message);
      series = next.series;
    }
    const notes: Operation[] = [
      { kind: 'require', space: SERIES, key: name, value: before },
      ...(series === undefined
        ? []
        : [{ kind: 'set', space: SERIES, key: name, value: encodeSeries(series) } as const]),
      { kind: 'require', space: THINNED, key: name, value: thinned },
      { kind: 'delete', space: THINNED, key: name },
    ];
    // First out of the one queue, then into the other, or a full store could never be emptied.
    const taken: Operation = { kind: 'acknowledge', ids: batch.map(({ id }) => id), destinations: [name] };
    await store.transact([...notes, taken, ...prepared.flatMap(({ operations }) => operations)]);
    for (const message of prepared) message.announce();
  }

  /** The messages of a stream are one thread, and numbered (DIDComm v2.1, "Message Ordering"): an agent sees a gap. */
  async #prepare(message: Reply, { agent, isSigned }: Stream, series: Series | undefined) {
    const thread = series === undefined ? {} : { thid: series.thid };
    const order = (series?.sent ?? 0) + 1;
    const headers = { ...thread, sender_order: order, please_ack: [''] };
    const prepared = await this.#options.outbox.prepare({ ...message, headers }, agent, isSigned);
    return { message: prepared, series: { thid: series?.thid ?? prepared.id, sent: order } };
  }

  /** What waits goes on waiting; the log says so when it begins. */
  #failed(name: string, active: Active, cause: unknown): void {
    const error = isWaypostError(cause)
      ? cause
      : new WaypostError('ERR_INTERNAL', `sending readings failed: ${String(cause)}`, { cause });
    if (active.lastError?.code !== error.code) {
      this.#options.logger.warn('rule.waiting', { stream: name, code: error.code, message: error.message });
    }
    active.lastError = error;
  }
}

/** Every stream that something waits in. */
export async function streamsIn(store: Pick<MessageStore, 'destinations'>): Promise<readonly QueueStatus[]> {
  const found: QueueStatus[] = [];
  let after = STREAM_PREFIX;
  for (;;) {
    const page = await store.destinations({ after, limit: PAGE });
    const streams = page.filter(({ destination }) => parseStream(destination) !== undefined);
    found.push(...streams);
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE || !last.destination.startsWith(STREAM_PREFIX)) return found;
    after = last.destination;
  }
}

function untilDue({ messages, bytes, oldestAgeMs = 0 }: QueueStatus, limits: BatchLimits): number {
  if (messages >= limits.events || bytes >= limits.bytes) return 0;
  return Math.max(0, limits.ageMs - oldestAgeMs);
}

import { utf8 } from '../../core/bytes.js';
import type { Mutex } from '../../core/mutex.js';
import type { MessageStore, QueuedMessage, StoreSize } from '../../store/message-store.js';
import { readThinned, type ThinnedNote, withThinned } from './notes.js';
import type { Rule } from './rule.js';
import { THINNED } from './spaces.js';
import { streamsOf } from './stream.js';
import { decodeWaiting } from './waiting.js';

interface ThinningOptions {
  readonly store: Pick<MessageStore, 'get' | 'list' | 'size' | 'status' | 'transact'>;
  readonly rules: readonly Rule[];
  /** Whoever takes events out of streams holds it. */
  readonly mutex: Mutex;
  readonly monotonicMs: () => number;
}

/** How far a pass over a stream came, and of which devices the next event stays. */
interface Pass {
  after: string | undefined;
  readonly isSecond: Map<string, boolean>;
  thinned: number;
  /** Nothing can be given up before this moment. */
  restsUntilMs: number;
}

const PAGE = 500;
/** Of the store; so much stays free for what is on its way while room is made. */
const TIGHT = 0.99;
const REST_MS = 60_000;

/**
 * Makes room by giving up every second waiting event of each device, from the oldest on, and only under rules that say so.
 * One pass after the other goes over a stream, so that what stays is spread evenly over the time. An event beyond a
 * threshold stays. What was given up is noted in the same transaction, for the agent.
 */
export class Thinning {
  readonly #options: ThinningOptions;
  readonly #sampled: readonly string[];
  readonly #limitOf: ReadonlyMap<string, number>;
  readonly #passes = new Map<string, Pass>();
  /** Since the start, by stream. */
  readonly #counts = new Map<string, number>();

  constructor(options: ThinningOptions) {
    this.#options = options;
    const sampled = options.rules.filter(({ maySample }) => maySample);
    this.#limitOf = new Map(sampled.flatMap((rule) => streamsOf(rule).map((name) => [name, rule.waitingEvents])));
    this.#sampled = [...this.#limitOf.keys()];
  }

  /** How many events of a stream were given up since the start. */
  count(stream: string): number {
    return this.#counts.get(stream) ?? 0;
  }

  /** Makes room for one event more in each of `streams`, where there is none and there may be. */
  async makeRoom(streams: readonly string[]): Promise<void> {
    if (this.#sampled.length === 0) return;
    for (const stream of streams) {
      if (await this.#isOver(stream)) await this.#thin(stream);
    }
    if (!isTight(await this.#options.store.size())) return;
    for (const stream of new Set([...streams.filter((name) => this.#limitOf.has(name)), ...this.#sampled])) {
      if ((await this.#thin(stream)) > 0) return;
    }
  }

  async #isOver(stream: string): Promise<boolean> {
    const limit = this.#limitOf.get(stream);
    return limit !== undefined && (await this.#options.store.status(stream)).messages >= limit;
  }

  /** How many events of one page gave way. */
  #thin(stream: string): Promise<number> {
    const { store, mutex, monotonicMs } = this.#options;
    return mutex.run(async () => {
      const pass = this.#passes.get(stream) ?? newPass();
      this.#passes.set(stream, pass);
      if (pass.restsUntilMs > monotonicMs()) return 0;
      const { after } = pass;
      const query = { destinations: [stream], limitMessages: PAGE, ...(after === undefined ? {} : { after }) };
      const page = await store.list(query);
      const given = page.filter((message) => givesWay(message, pass));
      pass.after = page.at(-1)?.id;
      pass.thinned += given.length;
      if (page.length < PAGE) this.#passes.set(stream, newPass(pass.thinned === 0 ? monotonicMs() + REST_MS : 0));
      if (given.length === 0) return 0;
      const before = await store.get(THINNED, stream);
      const note = given.reduce<ThinnedNote>(
        (sum, message) => withThinned(sum, decodeWaiting(message.content)),
        readThinned(before),
      );
      await store.transact([
        { kind: 'require', space: THINNED, key: stream, value: before },
        { kind: 'thin', destination: stream, ids: given.map(({ id }) => id) },
        { kind: 'set', space: THINNED, key: stream, value: utf8(JSON.stringify(note)) },
      ]);
      this.#counts.set(stream, this.count(stream) + given.length);
      return given.length;
    });
  }
}

function newPass(restsUntilMs = 0): Pass {
  return { after: undefined, isSecond: new Map(), thinned: 0, restsUntilMs };
}

function givesWay({ content }: QueuedMessage, { isSecond }: Pass): boolean {
  const { origin, alarm } = decodeWaiting(content);
  if (alarm === true) return false;
  const gives = isSecond.get(origin.device) ?? false;
  isSecond.set(origin.device, !gives);
  return gives;
}

function isTight({ messages, bytes, limitMessages, limitBytes }: StoreSize): boolean {
  return messages > limitMessages * TIGHT || bytes > limitBytes * TIGHT;
}

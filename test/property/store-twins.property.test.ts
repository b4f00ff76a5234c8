import { createHash } from 'node:crypto';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../src/core/bytes.js';
import { isWaypostError } from '../../src/core/errors.js';
import type { Moment } from '../../src/store/age.js';
import type { EngineOperation, EngineResult, Reads } from '../../src/store/engine.js';
import { MemoryEngine } from '../../src/store/memory-engine.js';
import { SqliteReader } from '../../src/store/sqlite/reader.js';
import { migrate } from '../../src/store/sqlite/schema.js';
import { SqliteWriter } from '../../src/store/sqlite/writer.js';
import { CASE_LIMITS, CASE_SPACES } from '../conformance/message-store/store-case.js';

/*
 * Random histories on both engines. Ids may differ, so a history names messages by their content, and each twin looks
 * up its own ids.
 */

interface Twin {
  commit(operations: readonly EngineOperation[], moment: Moment): Promise<readonly EngineResult[] | string>;
  read<M extends keyof Reads>(method: M, ...args: Parameters<Reads[M]>): Promise<ReturnType<Reads[M]>>;
}

function memoryTwin(): Twin {
  const engine = new MemoryEngine(CASE_LIMITS, CASE_SPACES);
  return {
    async commit(operations, moment) {
      try {
        return (await engine.commit(operations, moment)).results;
      } catch (error) {
        if (isWaypostError(error)) return error.code;
        throw error;
      }
    },
    read: (method, ...args) => engine.read(method, ...args),
  };
}

function sqliteTwin(): Twin {
  const db = new Database(':memory:');
  migrate(db);
  let writer = new SqliteWriter(db, CASE_LIMITS, CASE_SPACES);
  const reads: Reads = new SqliteReader(db);
  return {
    async commit(operations, moment) {
      const [outcome] = writer.commit([{ operations, moment }]).outcomes;
      // What is kept in memory must be what a restart would read from the tables.
      const totals = writer.totals();
      writer = new SqliteWriter(db, CASE_LIMITS, CASE_SPACES);
      expect(writer.totals()).toEqual(totals);
      if (!outcome) throw new Error('no outcome');
      return 'results' in outcome ? outcome.results : outcome.error.code;
    },
    async read(method, ...args) {
      const read = reads[method] as (...args: Parameters<Reads[typeof method]>) => ReturnType<Reads[typeof method]>;
      return read.apply(reads, args);
    },
  };
}

const NAMES = ['did:example:a', 'did:example:b', 'did:example:c'];
const name = fc.constantFrom(...NAMES);
const text = fc.constantFrom('one', 'two', 'three', 'four', 'five');
const key = fc.constantFrom('k1', 'k2', 'k3', 'k4', 'k5');
const space = fc.constantFrom('accounts', 'seen');
const value = text.map(utf8);

type Step =
  | { readonly do: 'operations'; readonly operations: readonly EngineOperation[] }
  | {
      readonly do: 'leave';
      readonly kind: 'acknowledge' | 'purge';
      readonly text: string;
      readonly destination: string;
    };

const put = fc
  .record({
    destination: name,
    depositor: fc.constantFrom('x', 'y'),
    priority: fc.constantFrom('expedited' as const, 'normal' as const, 'bulk' as const),
    text,
    expires: fc.boolean(),
  })
  .map(({ text: body, expires, ...rest }): EngineOperation => {
    const contentHash = new Uint8Array(createHash('sha256').update(body).digest());
    const message = { ...rest, content: utf8(body), contentHash, ...(expires && { expiresAtMs: 30_000 }) };
    return { kind: 'put', message };
  });
const operation: fc.Arbitrary<EngineOperation> = fc.oneof(
  { weight: 6, arbitrary: put },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('move' as const), from: name, to: name }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('purge' as const), destination: name }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('set' as const), space, key, value }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), space, key }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('require' as const),
      space,
      key,
      value: fc.option(value, { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: fc.constant<EngineOperation>({ kind: 'expire', limitMessages: 3 }) },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('operations' as const),
      operations: fc.array(operation, { minLength: 1, maxLength: 5 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('leave' as const),
      kind: fc.constantFrom('acknowledge' as const, 'purge' as const),
      text,
      destination: name,
    }),
  },
);

/** Everything that can be seen of a twin, without ids. */
async function look(twin: Twin, ageMs: number): Promise<unknown> {
  const queues = await Promise.all(
    NAMES.map(async (destination) => {
      const listed = await twin.read('list', { destinations: [destination], limitMessages: 100 }, ageMs);
      return [
        listed.map(({ id, content, metadata, ...rest }) => [fromUtf8(content), fromUtf8(metadata), rest]),
        await twin.read('status', destination, ageMs),
      ];
    }),
  );
  const entries = await Promise.all(
    Object.keys(CASE_SPACES).map(async (each) =>
      (await twin.read('entries', { space: each, limit: 100 })).map((entry) => [entry.key, fromUtf8(entry.value)]),
    ),
  );
  return { queues, entries, destinations: await twin.read('destinations', { limit: 10 }, ageMs) };
}

function withoutIds(results: readonly EngineResult[] | string): unknown {
  if (typeof results === 'string') return results;
  return results.map((result) => {
    if (Array.isArray(result)) return result.map(({ id, ...rest }) => rest);
    return typeof result === 'object' && 'outcome' in result ? result.outcome : result;
  });
}

async function take(twin: Twin, chosen: Step, moment: Moment): Promise<unknown> {
  if (chosen.do === 'operations') return withoutIds(await twin.commit(chosen.operations, moment));
  const destinations = NAMES;
  const listed = await twin.read('list', { destinations, limitMessages: 100 }, 0);
  const ids = listed.filter(({ content }) => fromUtf8(content) === chosen.text).map(({ id }) => id);
  const { kind, destination } = chosen;
  const leave: EngineOperation =
    kind === 'purge' ? { kind, destination, ids } : { kind, ids, destinations: [destination] };
  const results = await twin.commit([leave], moment);
  const fates = await Promise.all(ids.map((id) => twin.read('why', id, moment.mark.ageMs)));
  return [results, fates];
}

it('both engines answer the same to the same history', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
      const [memory, sqlite] = [memoryTwin(), sqliteTwin()];
      for (const [i, chosen] of steps.entries()) {
        const ageMs = i * 100_000;
        const mark = { ageMs, bootId: 'boot', monotonicMs: ageMs, anchor: undefined };
        const moment = { mark, trustedNowMs: i % 3 ? undefined : i * 2000 };
        expect(await take(sqlite, chosen, moment), `step ${i}`).toEqual(await take(memory, chosen, moment));
        expect(await look(sqlite, ageMs), `after step ${i}`).toEqual(await look(memory, ageMs));
      }
    }),
    { numRuns: 150 },
  );
}, 60_000);

import type { EngineOperation, EngineResult } from '../engine.js';
import type { BatchResult, Outcome, Transaction } from './writer.js';

/*
 * A batch on its way to the writer's thread and back: everything but its bytes as one text, and all its bytes as one
 * buffer that is handed over. Copying the objects as they are costs the two threads four times as much.
 */

export interface PackedBatch {
  /** JSON of the transactions, with lengths where bytes were. */
  readonly text: string;
  /** The bytes themselves, in the same order. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export function packBatch(batch: readonly Transaction[]): PackedBatch {
  const parts: Uint8Array[] = [];
  let length = 0;
  const toLength = (part: Uint8Array): number => {
    parts.push(part);
    length += part.length;
    return part.length;
  };
  const text = JSON.stringify(
    batch.map(({ operations, moment }) => ({
      operations: operations.map((operation) => mapBytes(operation, toLength)),
      moment,
    })),
  );
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return { text, bytes };
}

/** The bytes in the result are views of those in `packed`. */
export function unpackBatch({ text, bytes }: PackedBatch): readonly Transaction[] {
  let at = 0;
  const toBytes = (length: number): Uint8Array => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  return (JSON.parse(text) as readonly Replaced<Transaction, number>[]).map(({ operations, moment }) => ({
    operations: operations.map((operation) => mapBytes(operation, toBytes)),
    moment,
  }));
}

export function packResult(result: BatchResult): string {
  return JSON.stringify(result);
}

export function unpackResult(text: string): BatchResult {
  const { outcomes, totals } = JSON.parse(text) as BatchResult;
  return { outcomes: outcomes.map(withUndefined), totals };
}

/** JSON has no `undefined`, and no result is null. */
function withUndefined(outcome: Outcome): Outcome {
  if ('error' in outcome) return outcome;
  return { results: outcome.results.map((result: EngineResult | null) => result ?? undefined) };
}

/** A type with `B` where it had bytes. */
type Replaced<T, B> = T extends Uint8Array ? B : T extends object ? { readonly [K in keyof T]: Replaced<T[K], B> } : T;

/** The operation with something else for its bytes, always in the same order. */
function mapBytes<A, B>(operation: Replaced<EngineOperation, A>, map: (bytes: A) => B): Replaced<EngineOperation, B> {
  switch (operation.kind) {
    case 'put': {
      const { content, contentHash, metadata, ...rest } = operation.message;
      const bytes = { content: map(content), contentHash: map(contentHash) };
      return {
        kind: 'put',
        message: { ...rest, ...bytes, ...(metadata === undefined ? {} : { metadata: map(metadata) }) },
      };
    }
    case 'set':
      return { ...operation, value: map(operation.value) };
    case 'require':
      return { ...operation, value: operation.value === undefined ? undefined : map(operation.value) };
    default:
      return operation;
  }
}

import type { AgeMark, Moment } from '../age.js';
import type { PlainError, Totals } from '../engine.js';
import type { Spaces } from '../key-value.js';
import type { StoreLimits } from '../limits.js';
import type { DatabaseOptions, OpenReport } from './database.js';
import type { PackedBatch } from './packed-batch.js';

/*
 * What the main thread says to the writer's. An fsync on an SD card takes up to 100 ms and stops its thread, so that
 * thread is not the one that serves radios and sockets.
 */

export interface WriterMethods {
  open(options: WriterOptions): WriterOpened;
  /** The result is packed too. */
  commit(batch: PackedBatch): string;
  close(moment: Moment): void;
}

export interface WriterOptions extends DatabaseOptions {
  readonly limits: StoreLimits;
  readonly spaces: Spaces;
}

export interface WriterOpened {
  readonly report: OpenReport;
  readonly mark: AgeMark | undefined;
  readonly totals: Totals;
}

export interface Request {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

export type Reply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: PlainError };

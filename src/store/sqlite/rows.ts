import { formatMessageId, PRIORITIES } from '../message-id.js';
import type { LeaveReason } from '../message-store.js';

/** Stored as their index: only ever append. */
export const LEAVE_REASONS: readonly LeaveReason[] = [
  'acknowledged',
  'expired',
  'retention',
  'purged',
  'duplicate',
  'thinned',
];

/** A queued message without its content. */
export interface QueueRow {
  readonly seq: number;
  readonly destination: number;
  readonly priority: number;
  readonly depositor: number;
  readonly bytes: number;
  readonly short_hash: number;
  readonly received_age_ms: number;
  readonly content_hash: Uint8Array;
}

export const ROW_COLUMNS = 'seq, destination, priority, depositor, bytes, short_hash, received_age_ms, content_hash';

export function idOf(row: { readonly seq: number; readonly priority: number; readonly short_hash: number }): string {
  const priority = PRIORITIES[row.priority];
  if (!priority) throw new Error(`message ${row.seq} has the unknown priority ${row.priority}`);
  return formatMessageId({ priority, sequence: row.seq, shortHash: row.short_hash });
}

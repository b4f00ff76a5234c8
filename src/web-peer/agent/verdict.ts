import type { ToldOf } from '../../protocols/client/custody-client.js';
import type { CustodyChange } from '../storage/custody-store.js';
import type { CustodyRecord, Evidence, OutgoingMessage } from '../storage/records.js';

/** A verified statement of the gateway, about one message. */
export interface Statement {
  /** As it is for the sender (`asSeenBySender`). */
  readonly told: ToldOf;
  readonly ticket: string;
  /** The signed statement, a JSON JWS. */
  readonly proof: string;
  /** When it came here. */
  readonly atMs: number;
}

/**
 * What a statement changes. Nothing goes back to what was so before: statements may come late, twice, or in another order,
 * and the word of the recipient itself counts for more.
 */
export function afterStatement(
  record: CustodyRecord,
  message: OutgoingMessage,
  { told, ticket, proof, atMs }: Statement,
): CustodyChange {
  const isOnlyHere = message.state === 'waiting' || message.state === 'held';
  const evidence = (state: Evidence['state'], seconds: number): Pick<OutgoingMessage, 'evidence'> => ({
    evidence: { state, sinceMs: atMs - seconds * 1000, proof, ...nextOf(told) },
  });
  switch (told.state) {
    case 'held':
      if (!isOnlyHere) return { record: 'closed' };
      return {
        record: { ...record, ticket },
        message: { ...message, state: 'held', ...evidence('held', told.seconds) },
      };
    case 'delivered':
    case 'handed-on': {
      if (message.state === 'delivered') return { record: 'closed' };
      const { problem: _, ...rest } = message;
      return { record: 'closed', message: { ...rest, state: 'handed-on', ...evidence('handed-on', told.seconds) } };
    }
    case 'dropped': {
      if (!isOnlyHere) return { record: 'closed' };
      const problem = `the gateway gave it up (${told.reason})`;
      return {
        record: 'closed',
        message: { ...message, state: 'refused', problem, ...evidence('dropped', told.seconds) },
      };
    }
    case 'accepted':
    case 'forgotten':
      return { record: 'closed' };
  }
}

function nextOf(told: ToldOf): Pick<Evidence, 'to'> {
  return told.state === 'handed-on' && told.to !== undefined ? { to: told.to } : {};
}

import { quote, WaypostError } from '../core/errors.js';
import type { Quota, StoreLimits } from './limits.js';
import type { NewMessage } from './message-store.js';

interface Account {
  messages: number;
  bytes: number;
}

const NOTHING: Readonly<Account> = { messages: 0, bytes: 0 };

/**
 * Counts messages and bytes per account, in memory; an engine fills it when it opens. Changes can be taken back until
 * they are kept, because the transaction that they belong to may still fail.
 */
export class Ledger {
  readonly #accounts = new Map<string, Account>();
  readonly #changes: { name: string; messages: number; bytes: number }[] = [];

  of(name: string): Readonly<Account> {
    return this.#accounts.get(name) ?? NOTHING;
  }

  add(name: string, messages: number, bytes: number): void {
    this.#changes.push({ name, messages, bytes });
    this.#apply(name, messages, bytes);
  }

  keep(): void {
    this.#changes.length = 0;
  }

  undo(): void {
    // Backwards, through the states that there really were.
    for (const { name, messages, bytes } of this.#changes.reverse()) this.#apply(name, -messages, -bytes);
    this.#changes.length = 0;
  }

  clear(): void {
    this.#accounts.clear();
    this.#changes.length = 0;
  }

  #apply(name: string, messages: number, bytes: number): void {
    const account = this.#accounts.get(name) ?? { messages: 0, bytes: 0 };
    account.messages += messages;
    account.bytes += bytes;
    if (account.messages === 0 && account.bytes === 0) this.#accounts.delete(name);
    else this.#accounts.set(name, account);
  }
}

export const TOTAL = 'total';
export const toAccount = (destination: string | number): string => `to ${destination}`;
export const fromAccount = (depositor: string | number): string => `from ${depositor}`;
export const spaceAccount = (space: string): string => `space ${space}`;

/**
 * Throws when there is no room for `message`: ERR_STORE_FULL, ERR_QUOTA_RECIPIENT, ERR_QUOTA_DEPOSITOR, all retryable.
 * `to` and `from` are the accounts of its destination and depositor.
 */
export function admit(ledger: Ledger, limits: StoreLimits, message: NewMessage, to: string, from: string): void {
  const bytes = sizeOf(message);
  const reserved = message.priority === 'expedited' ? NOTHING : limits.reserved;
  const total = {
    messages: limits.total.messages - reserved.messages,
    bytes: limits.total.bytes - reserved.bytes,
  };
  const refusal = (
    code: 'ERR_STORE_FULL' | 'ERR_QUOTA_RECIPIENT' | 'ERR_QUOTA_DEPOSITOR',
    what: string,
    quota: Quota,
  ) =>
    new WaypostError(
      code,
      `no room for ${bytes} bytes: ${what} may hold ${quota.messages} messages, ${quota.bytes} bytes`,
      {
        retryable: true,
      },
    );
  if (exceeds(ledger.of(TOTAL), bytes, total)) throw refusal('ERR_STORE_FULL', 'the store', total);
  if (exceeds(ledger.of(to), bytes, limits.perDestination)) {
    throw refusal('ERR_QUOTA_RECIPIENT', `the queue of ${quote(message.destination)}`, limits.perDestination);
  }
  if (exceeds(ledger.of(from), bytes, limits.perDepositor)) {
    throw refusal('ERR_QUOTA_DEPOSITOR', `depositor ${quote(message.depositor)}`, limits.perDepositor);
  }
}

function exceeds(account: Readonly<Account>, bytes: number, quota: Quota): boolean {
  return account.messages + 1 > quota.messages || account.bytes + bytes > quota.bytes;
}

export function sizeOf(message: NewMessage): number {
  return message.content.length + (message.metadata?.length ?? 0);
}

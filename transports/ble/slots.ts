import type { Scheduler } from '../../src/core/scheduler.js';
import type { CentralConnection } from './ports.js';

/** How connections are shared out among those who want one. */
export interface SlotLimits {
  /** Centrals that are connected at once. Controllers have room for a few more than this should be. */
  readonly slots: number;
  /** A central that uses no profile after this long is disconnected. */
  readonly unusedMs: number;
  /** One that sent and got nothing for this long is disconnected although nobody wants its slot. */
  readonly idleMs: number;
  /** One that sent and got nothing for this long makes room for another. */
  readonly yieldIdleMs: number;
  /** One that has been connected for this long makes room for another although it is busy. */
  readonly turnMs: number;
}

export const DEFAULT_SLOT_LIMITS: SlotLimits = {
  slots: 3,
  unusedMs: 10_000,
  idleMs: 120_000,
  yieldIdleMs: 5000,
  turnMs: 60_000,
};

/** Before it is asked to leave for another, a central has this long to choose a profile. */
const SETTLING_MS = 2000;

/**
 * Who has to leave when somebody comes and all slots are taken: one that uses nothing, or the one that has been idle for
 * longest, or the one that has had its turn; in this order. Undefined: nobody, and the newcomer has to come again.
 */
function whoYields<T extends CentralConnection>(
  connections: Iterable<T>,
  limits: SlotLimits,
  nowMs: number,
): T | undefined {
  let best: { readonly connection: T; readonly rank: number; readonly ms: number } | undefined;
  for (const connection of connections) {
    const heldMs = nowMs - connection.connectedAtMs;
    const idleMs = nowMs - connection.activeAtMs;
    const claim =
      !connection.isInUse && heldMs >= SETTLING_MS
        ? { rank: 3, ms: heldMs }
        : connection.isInUse && idleMs >= limits.yieldIdleMs
          ? { rank: 2, ms: idleMs }
          : heldMs >= limits.turnMs
            ? { rank: 1, ms: heldMs }
            : undefined;
    if (claim === undefined) continue;
    if (best === undefined || claim.rank > best.rank || (claim.rank === best.rank && claim.ms > best.ms)) {
      best = { connection, ...claim };
    }
  }
  return best?.connection;
}

interface SlotsOptions {
  readonly limits: SlotLimits;
  readonly scheduler: Scheduler;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** Keeps the number of connections within the slots, and nobody in one for nothing. */
export class ConnectionSlots {
  readonly #options: SlotsOptions;
  /** With what cancels the next look at each. */
  readonly #connections = new Map<CentralConnection, () => void>();
  #refused = 0;
  #yielded = 0;

  constructor(options: SlotsOptions) {
    this.#options = options;
  }

  /** For `status` and metrics: connections now, and since the start those turned away and those that made room. */
  get use(): { readonly taken: number; readonly slots: number; readonly refused: number; readonly yielded: number } {
    const { slots } = this.#options.limits;
    return { taken: this.#connections.size, slots, refused: this.#refused, yielded: this.#yielded };
  }

  /** Somebody has connected; somebody may be disconnected for it, or it may be itself. */
  admit(connection: CentralConnection): void {
    const { limits, now } = this.#options;
    if (this.#connections.size >= limits.slots) {
      const leaving = whoYields(this.#connections.keys(), limits, now());
      if (leaving === undefined) {
        this.#refused++;
        connection.disconnect();
        return;
      }
      this.#yielded++;
      this.release(leaving);
      leaving.disconnect();
    }
    this.#connections.set(connection, () => {});
    this.#watch(connection);
  }

  /** It has disconnected. */
  release(connection: CentralConnection): void {
    this.#connections.get(connection)?.();
    this.#connections.delete(connection);
  }

  #watch(connection: CentralConnection): void {
    const { limits, now, scheduler } = this.#options;
    const dueAtMs = connection.isInUse
      ? connection.activeAtMs + limits.idleMs
      : connection.connectedAtMs + limits.unusedMs;
    if (dueAtMs <= now()) {
      this.release(connection);
      connection.disconnect();
      return;
    }
    // Looking is cheap, and whoever begins to use a profile has another limit from then on.
    const cancel = scheduler.after(Math.max(1, Math.min(dueAtMs - now(), limits.unusedMs)), () => {
      if (this.#connections.has(connection)) this.#watch(connection);
    });
    this.#connections.set(connection, cancel);
  }
}

import type { Scheduler } from '../../src/core/scheduler.js';
import type { RadioConnection } from './ports.js';

/** How connections are shared out among those who want one, whoever began them. */
export interface SlotLimits {
  /** Peers that are connected at once. Controllers have room for a few more than this should be. */
  readonly slots: number;
  /** A peer that uses no profile after this long is disconnected. */
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

/** Before it is asked to leave for another, a peer has this long to choose a profile. */
const SETTLING_MS = 2000;

/**
 * Who has to leave when somebody comes and all slots are taken: one that uses nothing, or the one that has been idle for
 * longest, or the one that has had its turn; in this order. Undefined: nobody, and the newcomer has to come again.
 */
function whoYields<T extends RadioConnection>(
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

/** Connections now, and since the start those turned away and those that made room. */
export interface SlotUse {
  readonly taken: number;
  readonly slots: number;
  readonly refused: number;
  readonly yielded: number;
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
  readonly #connections = new Map<RadioConnection, () => void>();
  #slots: number;
  #refused = 0;
  #yielded = 0;

  constructor(options: SlotsOptions) {
    this.#options = options;
    this.#slots = options.limits.slots;
  }

  /** For `status` and metrics. */
  get use(): SlotUse {
    return { taken: this.#connections.size, slots: this.#slots, refused: this.#refused, yielded: this.#yielded };
  }

  get connections(): readonly RadioConnection[] {
    return [...this.#connections.keys()];
  }

  /** The packages can do no more than this. */
  limit(slots: number): void {
    this.#slots = Math.min(this.#slots, slots);
  }

  /** Whether somebody whom we connect to would find a slot, or somebody would leave it for them. */
  get hasRoom(): boolean {
    const { limits, now } = this.#options;
    return this.#connections.size < this.#slots || whoYields(this.#connections.keys(), limits, now()) !== undefined;
  }

  /** Whether whoever is sought by ourselves would find a slot: a free one, or that of one that was sought and had its turn. */
  get hasRoomForSought(): boolean {
    return this.#connections.size < this.#slots || this.#whoseTurnIsOver() !== undefined;
  }

  /** Makes room for somebody who is sought. False where there is none. */
  makeRoomForSought(): boolean {
    if (this.#connections.size < this.#slots) return true;
    const leaving = this.#whoseTurnIsOver();
    if (leaving === undefined) return false;
    this.#leave(leaving);
    return true;
  }

  /** Somebody has connected; somebody may be disconnected for it, or it may be itself. */
  admit(connection: RadioConnection): void {
    const { limits, now } = this.#options;
    if (this.#connections.size >= this.#slots) {
      const leaving = whoYields(this.#connections.keys(), limits, now());
      if (leaving === undefined) {
        this.#refused++;
        connection.disconnect();
        return;
      }
      this.#leave(leaving);
    }
    this.#connections.set(connection, () => {});
    this.#watch(connection);
  }

  /** It has disconnected. */
  release(connection: RadioConnection): void {
    this.#connections.get(connection)?.();
    this.#connections.delete(connection);
  }

  #leave(connection: RadioConnection): void {
    this.#yielded++;
    this.release(connection);
    connection.disconnect();
  }

  /** Phones are not sent away for somebody whom we seek: they came because they have something to say. */
  #whoseTurnIsOver(): RadioConnection | undefined {
    const { limits, now } = this.#options;
    const [longest] = this.connections
      .filter(({ peer, connectedAtMs }) => peer === 'peripheral' && now() - connectedAtMs >= limits.turnMs)
      .sort((a, b) => a.connectedAtMs - b.connectedAtMs);
    return longest;
  }

  #watch(connection: RadioConnection): void {
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

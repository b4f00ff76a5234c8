/**
 * Notices connections to which a host no longer dares to send. A controller says which of the packets that it was given it
 * has sent (Number Of Completed Packets, Core Specification 5.4, Vol 4 Part E, 7.7.19), and the packages keep no more
 * than so many in it. Where the kernel dropped such an event, room is missing for ever, to all connections of the adapter;
 * only the end of the connection gives it back (4.1.1). A controller that has a packet for so long without an event would
 * have lost the connection already.
 */
export class CreditWatch {
  readonly #stalledAfterMs: number;
  /** When each connection was last seen to get on, by handle. */
  readonly #movedAtMs = new Map<number, number>();

  constructor(stalledAfterMs: number) {
    this.#stalledAfterMs = stalledAfterMs;
  }

  /** An HCI packet came from the controller. */
  receive(packet: Uint8Array, nowMs: number): void {
    if (packet[0] !== EVENT_PACKET || packet[1] !== NUMBER_OF_COMPLETED_PACKETS) return;
    const handles = packet[3] ?? 0;
    for (let at = 4, i = 0; i < handles && at + 4 <= packet.length; i++, at += 4) {
      this.#movedAtMs.set((packet[at] ?? 0) | (((packet[at + 1] ?? 0) << 8) & HANDLE_MASK), nowMs);
    }
  }

  /** The connections that stand still, of those with so many packets in the controller each. Says each once. */
  stalled(inProgress: ReadonlyMap<number, number>, nowMs: number): readonly number[] {
    for (const handle of this.#movedAtMs.keys()) {
      if (!inProgress.has(handle)) this.#movedAtMs.delete(handle);
    }
    const stalled: number[] = [];
    for (const [handle, packets] of inProgress) {
      const movedAtMs = this.#movedAtMs.get(handle);
      if (packets === 0 || movedAtMs === undefined) this.#movedAtMs.set(handle, nowMs);
      else if (nowMs - movedAtMs >= this.#stalledAfterMs) {
        stalled.push(handle);
        this.#movedAtMs.set(handle, nowMs);
      }
    }
    return stalled;
  }
}

const EVENT_PACKET = 0x04;
const NUMBER_OF_COMPLETED_PACKETS = 0x13;
const HANDLE_MASK = 0x0fff;

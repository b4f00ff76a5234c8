import type { ClockQuality } from '../core/clock.js';
import type { Operation } from '../store/message-store.js';

/*
 * What is known of a device's frame once it is accepted, and where it goes from here. Whoever makes something of readings
 * (events for agents, a file) is an `Outlet`; it never sees a frame that was not authenticated as the registry demands.
 */

/** One measurement: a resolved SenML record (RFC 8428, 4.6). */
export interface Reading {
  /** Base name and name joined (RFC 8428, 4.5.1). */
  readonly name: string;
  /** From the IANA registry of SenML units, such as `Cel`; not checked. */
  readonly unit?: string;
  readonly value: number | boolean | string | Uint8Array;
  /** When it was measured; milliseconds since 1970 UTC. Resolved: never relative. */
  readonly timeMs: number;
}

/** One frame of one device, accepted for the first time. */
export interface DeviceFrame {
  readonly deviceId: string;
  /** Both 0 and more; (epoch, counter) never comes twice from a device. Plain frames are numbered on arrival. */
  readonly epoch: number;
  readonly counter: number;
  /** `gateway`: the frame proves nothing, the gateway only says that it came. */
  readonly attestedBy: 'device' | 'gateway';
  /** Milliseconds since 1970 UTC, on a clock of this quality. */
  readonly receivedAtMs: number;
  readonly clockQuality: ClockQuality;
  /** `device`: every reading carried an absolute time. `gateway`: at least one was resolved on arrival. */
  readonly timeFrom: 'device' | 'gateway';
  /** The frame as it arrived, for evidence. */
  readonly content: Uint8Array;
  /** SHA-256 of `content`. */
  readonly contentHash: Uint8Array;
  /** What the device's proof is made with beside the frame (RFC 9052, 4.3): who checks the frame later needs it too. */
  readonly externalAad?: Uint8Array;
  /** Where the device is, from the registry: a URI such as a GS1 SGLN. */
  readonly location?: string;
  readonly readings: readonly Reading[];
}

/** What makes something of a stored frame. */
export interface Outlet {
  /**
   * Goes into the transaction that stores the frame's number: the frame counts as received exactly when this is durable.
   * Throws to refuse the frame; with a retryable error (ERR_STORE_FULL) the device keeps it and sends it again.
   */
  operations(frame: DeviceFrame): Promise<readonly Operation[]>;
  /** Called after that transaction. Must not throw. */
  stored(frame: DeviceFrame): void;
}

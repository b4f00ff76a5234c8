/** A packet between two radios. Not passing it on is loss, which the link layer repairs by sending it again later. */
export interface AirPacket {
  readonly layer: 'air';
  readonly kind: 'advertising' | 'scan' | 'connect' | 'data';
  /** Device addresses. */
  readonly from: string;
  readonly to: string;
  /** Length of the link layer's payload. */
  readonly octets: number;
}

/** A packet from a controller to its host, with the type octet before it. Not passing it on is loss that nothing repairs. */
export interface HostPacket {
  readonly layer: 'host';
  readonly to: string;
  readonly bytes: Uint8Array;
}

/**
 * The one hook for faults. Calling `next` lets the packet pass; not calling it drops it, calling it twice duplicates it,
 * and for a {@link HostPacket} calling it later delays it. A packet on the air has no later, and its repetitions are
 * recognised by their sequence bit.
 */
export type Intercept = (packet: AirPacket | HostPacket, next: () => void) => void;

/** No faults. */
export const passAll: Intercept = (_packet, next) => next();

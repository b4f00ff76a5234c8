/*
 * How long things take on the air. Bluetooth Core Specification 5.4, Vol 6 Part B: packet formats section 2.1 and 2.2,
 * inter frame space section 4.1.1. Uncoded PHYs, unencrypted (encryption adds 4 octets to each packet that is not empty).
 */

/** LE 1M or LE 2M, in megasymbols, and so megabits, a second. */
export type Phy = 1 | 2;

/** Between two packets of a connection event, in microseconds. */
export const INTER_FRAME_SPACE_US = 150;

/** Octets of a link layer payload without the data length extension (Vol 6 Part B, 4.5.10). */
export const MIN_DATA_OCTETS = 27;

/** Octets of a link layer payload with the data length extension at its longest. */
export const MAX_DATA_OCTETS = 251;

const ACCESS_ADDRESS_OCTETS = 4;
const HEADER_OCTETS = 2;
const CRC_OCTETS = 3;
const L2CAP_HEADER_OCTETS = 4;
/** Opcode and handle of a Handle Value Notification or Write Command (Vol 3 Part F, 3.4.5.3 and 3.4.7.1). */
const ATT_HEADER_OCTETS = 3;

/** Microseconds that one packet with `octets` of payload is on the air. */
export function airTimeUs(phy: Phy, octets: number): number {
  const preambleOctets = phy; // one octet at 1M, two at 2M
  return ((preambleOctets + ACCESS_ADDRESS_OCTETS + HEADER_OCTETS + octets + CRC_OCTETS) * 8) / phy;
}

/** Microseconds from one packet to the next of the same side: `octets` one way, `answerOctets` the other way. */
export function exchangeUs(phy: Phy, octets: number, answerOctets: number): number {
  return airTimeUs(phy, octets) + INTER_FRAME_SPACE_US + airTimeUs(phy, answerOctets) + INTER_FRAME_SPACE_US;
}

/**
 * The most bytes of attribute value a second, one way, that notifications or write commands of `valueBytes` can carry
 * over a link without loss whose connection events touch each other.
 */
export function valueCeiling(phy: Phy, dataOctets: number, valueBytes: number): number {
  let restOctets = valueBytes + ATT_HEADER_OCTETS + L2CAP_HEADER_OCTETS;
  let us = 0;
  while (restOctets > 0) {
    const octets = Math.min(restOctets, dataOctets);
    us += exchangeUs(phy, octets, 0);
    restOctets -= octets;
  }
  return (valueBytes * 1_000_000) / us;
}

import type { LinkTiming } from '../station.js';
import type { ConnectionParameters, DataLength } from './events.js';

/** Microseconds of one unit of advertising and scanning times (Vol 4 Part E, 7.8.5 and 7.8.10). */
export const SLOT_US = 625;
/** Microseconds of one unit of connection intervals (7.8.12). */
export const INTERVAL_US = 1250;
/** Microseconds of one unit of supervision timeouts (7.8.12). */
export const TIMEOUT_US = 10_000;

/** Header, access address, preamble, CRC and integrity check of a packet at 1M, which the times of HCI include. */
const PACKET_OCTETS = 14;

/** The timing of a link in the units of HCI. */
export function hciParameters({ intervalUs, supervisionTimeoutUs }: LinkTiming): ConnectionParameters {
  const supervisionTimeout = Math.round(supervisionTimeoutUs / TIMEOUT_US);
  return { interval: Math.round(intervalUs / INTERVAL_US), latency: 0, supervisionTimeout };
}

/** A payload length, the same in both directions, as HCI reports it: 27 octets take 328 us, 251 take 2120 us. */
export function dataLength(octets: number): DataLength {
  const timeUs = (octets + PACKET_OCTETS) * 8;
  return { maxTxOctets: octets, maxTxTimeUs: timeUs, maxRxOctets: octets, maxRxTimeUs: timeUs };
}

import { airTimeUs } from './air-time.js';
import { REPORT, type ReportType } from './hci/codes.js';
import { type AirPacket, type Intercept, passAll } from './intercept.js';
import { LeLink } from './le-link.js';
import type { Air, Station } from './station.js';
import type { Timeline } from './timeline.js';

export interface RadioOptions {
  readonly timeline: Timeline;
  /** Numbers from 0 up to 1: with a seed behind them, a run repeats. */
  readonly random: () => number;
  /** Share of packets that get lost between stations in range. */
  readonly lossRate?: number;
  /** Stations farther apart than this, in metres, do not hear each other. */
  readonly rangeM?: number;
  /** Packets each way that one connection event has room for; phones keep to four to seven. Unlimited where omitted. */
  readonly maxExchangesPerEvent?: number;
  readonly intercept?: Intercept;
}

/** What a station advertises. Data are at most 31 bytes each. */
export interface Advertisement {
  readonly type: Exclude<ReportType, typeof REPORT.scanResponse>;
  readonly intervalUs: number;
  readonly data: Uint8Array;
  readonly scanResponse: Uint8Array;
}

const DEFAULT_RANGE_M = 30;
/** Vol 6 Part B, 4.4.2.2.1: each interval is lengthened by up to 10 ms, so that two advertisers do not collide for ever. */
const MAX_ADVERTISING_DELAY_US = 10_000;
/** Address and header of an advertising packet's payload. */
const ADVERTISER_OCTETS = 6;
const CONNECT_OCTETS = 34;
const RSSI_AT_ONE_METRE_DBM = -45;

/**
 * The air: who hears whom, and when. Radios that take part are {@link Station}s; connections between them are
 * {@link LeLink}s. The channels, their hopping and collisions on them are not modelled; loss stands for all of that.
 */
export class Radio implements Air {
  readonly timeline: Timeline;
  readonly maxExchangesPerEvent: number;
  /** May be changed while it runs. */
  lossRate: number;
  readonly #random: () => number;
  readonly #rangeM: number;
  /** Where faults come in. */
  readonly intercept: Intercept;
  readonly #stations = new Set<Station>();

  constructor(options: RadioOptions) {
    this.timeline = options.timeline;
    this.maxExchangesPerEvent = options.maxExchangesPerEvent ?? Number.POSITIVE_INFINITY;
    this.lossRate = options.lossRate ?? 0;
    this.#random = options.random;
    this.#rangeM = options.rangeM ?? DEFAULT_RANGE_M;
    this.intercept = options.intercept ?? passAll;
  }

  /** Puts a station into this world. */
  attach(station: Station): void {
    this.#stations.add(station);
  }

  carries(from: Station, to: Station, kind: AirPacket['kind'], octets: number): boolean {
    if (!from.powered || !to.powered || distanceM(from, to) > this.#rangeM) return false;
    let passed = false;
    this.intercept({ layer: 'air', kind, from: from.address, to: to.address, octets }, () => {
      passed = true;
    });
    return passed && this.#random() >= this.lossRate;
  }

  /** Signal strength by distance alone, in dBm. */
  rssiDbm(from: Station, to: Station): number {
    const metres = Math.max(distanceM(from, to), 0.1);
    return Math.max(-127, Math.round(RSSI_AT_ONE_METRE_DBM - 20 * Math.log10(metres)));
  }

  /**
   * Advertises for `station` until the result is called or somebody connects; then `onConnected` is called, after which
   * nothing is advertised until the next call, as the standard has it.
   */
  advertise(station: Station, advertisement: () => Advertisement, onConnected: () => void): () => void {
    let cancel = this.timeline.afterUs(this.#random() * MAX_ADVERTISING_DELAY_US, () => advertiseOnce());
    const advertiseOnce = () => {
      if (this.#announce(station, advertisement())) {
        onConnected();
        return;
      }
      const delayUs = advertisement().intervalUs + this.#random() * MAX_ADVERTISING_DELAY_US;
      cancel = this.timeline.afterUs(delayUs, advertiseOnce);
    };
    return () => cancel();
  }

  /** One advertising event. True when it led to a connection. */
  #announce(station: Station, advertisement: Advertisement): boolean {
    if (this.#isBusy(station)) return false;
    const octets = ADVERTISER_OCTETS + advertisement.data.length;
    station.busyUntilUs = this.timeline.nowUs + airTimeUs(1, octets);
    for (const other of this.#stations) {
      if (other === station || this.#isBusy(other)) continue;
      const timing = advertisement.type === REPORT.connectable ? other.initiates(station) : undefined;
      if (timing === undefined && other.scansAt(this.timeline.nowUs) === 'no') continue;
      if (!this.carries(station, other, 'advertising', octets)) continue;
      if (timing !== undefined) {
        // The initiator does not learn whether its request arrived: it finds nobody there, and gives up soon.
        const arrived = this.carries(other, station, 'connect', CONNECT_OCTETS);
        new LeLink(this, other, station, timing, arrived);
        if (arrived) return true;
      } else this.#report(station, other, advertisement);
    }
    return false;
  }

  #report(from: Station, to: Station, { type, data, scanResponse }: Advertisement): void {
    const rssiDbm = this.rssiDbm(from, to);
    to.heard({ type, from, data, rssiDbm });
    if (type === REPORT.nonConnectable || to.scansAt(this.timeline.nowUs) !== 'active') return;
    const isAsked = this.carries(to, from, 'scan', 2 * ADVERTISER_OCTETS);
    if (!isAsked || !this.carries(from, to, 'scan', ADVERTISER_OCTETS + scanResponse.length)) return;
    to.heard({ type: REPORT.scanResponse, from, data: scanResponse, rssiDbm });
  }

  #isBusy(station: Station): boolean {
    return station.busyUntilUs > this.timeline.nowUs;
  }
}

function distanceM(a: Station, b: Station): number {
  return Math.hypot(a.position.x - b.position.x, a.position.y - b.position.y);
}

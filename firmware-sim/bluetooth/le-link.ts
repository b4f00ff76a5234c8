import { airTimeUs, exchangeUs, INTER_FRAME_SPACE_US, type Phy } from './air-time.js';
import { STATUS } from './hci/codes.js';
import { LinkSide, type Pdu } from './link-side.js';
import type { Air, Link, LinkTiming, Station } from './station.js';

/** From the connect request to the first meeting (Vol 6 Part B, 4.5.3: transmit window delay and offset). */
const FIRST_ANCHOR_US = 2500;
/** Meetings without an answer until an initiator gives up (Vol 6 Part B, 4.5.2). */
const ATTEMPTS = 6;
/** A change of timing takes effect this many meetings after it was agreed (Vol 6 Part B, 5.1.1). */
const INSTANT = 6;
const LENGTH_OCTETS = 9;
const UPDATE_OCTETS = 12;
const TERMINATE_OCTETS = 2;

/**
 * One LE connection (Bluetooth Core Specification 5.4, Vol 6 Part B, section 4.5): the two ends meet once an interval and
 * exchange packets in turn until neither has more or the time is up. A lost packet ends the meeting and is sent again at
 * the next; so loss is delay, until the supervision timeout. Peripheral latency is not used: it would only save power.
 */
export class LeLink implements Link {
  readonly #air: Air;
  readonly #central: LinkSide;
  readonly #peripheral: LinkSide;
  readonly #phy: Phy;
  #timing: LinkTiming;
  #nextAnchorUs: number;
  #meetings = 0;
  #skipped = 0;

  /** With `isHeard` false, the peripheral did not get the connect request, and only the central believes in the link. */
  constructor(air: Air, central: Station, peripheral: Station, timing: LinkTiming, isHeard: boolean) {
    const { nowUs } = air.timeline;
    this.#air = air;
    this.#timing = timing;
    this.#phy = central.phy === 2 && peripheral.phy === 2 ? 2 : 1;
    this.#central = new LinkSide(central, nowUs);
    this.#peripheral = new LinkSide(peripheral, nowUs);
    this.#nextAnchorUs = nowUs + FIRST_ANCHOR_US + this.#offsetUs([central, peripheral], timing.intervalUs);
    this.#open(this.#central, 'central', peripheral);
    if (isHeard) this.#open(this.#peripheral, 'peripheral', central);
    this.#scheduleAnchor();
  }

  get nextAnchorUs(): number {
    return this.#nextAnchorUs;
  }

  get skipped(): number {
    return this.#skipped;
  }

  send(station: Station, data: Uint8Array, isFirst: boolean): void {
    this.#sides(station)[0].enqueue(data, isFirst);
  }

  terminate(station: Station, reason: number): void {
    const [own, peer] = this.#sides(station);
    own.dropData();
    own.enqueueControl(
      TERMINATE_OCTETS,
      () => {},
      () => {
        this.#close(peer, reason);
        this.#close(own, STATUS.localHostTerminated);
      },
    );
  }

  abandon(station: Station): void {
    const [own] = this.#sides(station);
    own.end = undefined;
    this.#leave(own);
  }

  requestDataLength(station: Station, octets: number): void {
    const [own, peer] = this.#sides(station);
    const agreed = Math.min(octets, own.station.maxDataOctets, peer.station.maxDataOctets);
    if (agreed === own.dataOctets && agreed === peer.dataOctets) return;
    own.enqueueControl(LENGTH_OCTETS, () => {
      peer.enqueueControl(LENGTH_OCTETS, () => {
        for (const side of [own, peer]) {
          side.dataOctets = agreed;
          side.end?.dataLengthChanged(agreed);
        }
      });
    });
  }

  update(timing: LinkTiming): void {
    this.#central.enqueueControl(UPDATE_OCTETS, () => {
      this.#air.timeline.afterUs(INSTANT * this.#timing.intervalUs, () => {
        this.#timing = timing;
        this.#central.end?.timingChanged(timing);
        this.#peripheral.end?.timingChanged(timing);
      });
    });
  }

  #open(side: LinkSide, role: 'central' | 'peripheral', peer: Station): void {
    side.station.links.add(this);
    side.end = side.station.connected(this, role, peer, this.#timing);
  }

  #close(side: LinkSide, reason: number): void {
    const end = side.end;
    side.end = undefined;
    this.#leave(side);
    end?.closed(reason);
  }

  #leave(side: LinkSide): void {
    side.station.links.delete(this);
  }

  #sides(station: Station): readonly [own: LinkSide, peer: LinkSide] {
    const isCentral = station === this.#central.station;
    return isCentral ? [this.#central, this.#peripheral] : [this.#peripheral, this.#central];
  }

  #scheduleAnchor(): void {
    this.#air.timeline.afterUs(this.#nextAnchorUs - this.#air.timeline.nowUs, () => this.#meet());
  }

  #meet(): void {
    this.#supervise(this.#central);
    this.#supervise(this.#peripheral);
    if (this.#central.end === undefined && this.#peripheral.end === undefined) return;
    this.#nextAnchorUs += this.#timing.intervalUs;
    this.#scheduleAnchor();
    if (this.#isBusy() || this.#givesWay()) {
      this.#skipped++;
      return;
    }
    this.#skipped = 0;
    this.#meetings++;
    this.#exchange(0);
  }

  #supervise(side: LinkSide): void {
    const silentUs = this.#air.timeline.nowUs - side.heardUs;
    if (!side.hasHeard && this.#meetings >= ATTEMPTS) this.#close(side, STATUS.failedToEstablish);
    else if (silentUs > this.#timing.supervisionTimeoutUs) this.#close(side, STATUS.connectionTimeout);
  }

  /** One packet each way, and on as long as there is more to send and time to do it. */
  #exchange(count: number): void {
    const { timeline } = this.#air;
    const [central, peripheral] = [this.#central, this.#peripheral];
    const takesUs = exchangeUs(this.#phy, central.nextOctets, peripheral.nextOctets);
    if (count > 0 && (count >= this.#air.maxExchangesPerEvent || takesUs > this.#roomUs())) return;
    for (const side of [central, peripheral]) side.station.busyUntilUs = timeline.nowUs + takesUs;

    const pdu = central.next(peripheral);
    timeline.afterUs(airTimeUs(this.#phy, pdu?.octets ?? 0), () => {
      if (!this.#deliver(pdu, central, peripheral)) return;
      const answer = peripheral.next(central);
      timeline.afterUs(INTER_FRAME_SPACE_US + airTimeUs(this.#phy, answer?.octets ?? 0), () => {
        if (!this.#deliver(answer, peripheral, central)) return;
        timeline.afterUs(INTER_FRAME_SPACE_US, () => {
          if (central.hasMore || peripheral.hasMore) this.#exchange(count + 1);
        });
      });
    });
  }

  /** A packet of `from`, empty where there is no PDU, arrives at `to`, or not. */
  #deliver(pdu: Pdu | undefined, from: LinkSide, to: LinkSide): boolean {
    const areOpen = from.end !== undefined && to.end !== undefined;
    if (!areOpen || !this.#air.carries(from.station, to.station, 'data', pdu?.octets ?? 0)) return false;
    to.hears(this.#air.timeline.nowUs);
    if (pdu !== undefined && !pdu.hasArrived) {
      pdu.hasArrived = true;
      pdu.arrive();
    }
    return true;
  }

  #isBusy(): boolean {
    const { nowUs } = this.#air.timeline;
    return this.#central.station.busyUntilUs > nowUs || this.#peripheral.station.busyUntilUs > nowUs;
  }

  /** Another connection whose meeting this one would prevent has waited longer: nobody starves on a crowded radio. */
  #givesWay(): boolean {
    const takesUs = exchangeUs(this.#phy, this.#central.nextOctets, this.#peripheral.nextOctets);
    const endUs = this.#air.timeline.nowUs + takesUs;
    return this.#others().some((other) => other.nextAnchorUs < endUs && other.skipped > this.#skipped);
  }

  /** Microseconds until one of the two radios is due elsewhere, or here again. */
  #roomUs(): number {
    const { nowUs } = this.#air.timeline;
    const dueUs = this.#others().map((other) => other.nextAnchorUs);
    return Math.min(this.#nextAnchorUs, ...dueUs.filter((atUs) => atUs > nowUs)) - nowUs;
  }

  #others(): Link[] {
    const links = [...this.#central.station.links, ...this.#peripheral.station.links];
    return links.filter((link) => link !== this);
  }

  /** Where in the interval the new meetings lie best: as far as possible from those that its radios have already. */
  #offsetUs(stations: readonly Station[], intervalUs: number): number {
    const nowUs = this.#air.timeline.nowUs + FIRST_ANCHOR_US;
    const taken = stations
      .flatMap((station) => [...station.links])
      .map((link) => (((link.nextAnchorUs - nowUs) % intervalUs) + intervalUs) % intervalUs)
      .sort((a, b) => a - b);
    const first = taken[0];
    if (first === undefined) return 0;
    let best = { startUs: 0, gapUs: 0 };
    taken.forEach((startUs, index) => {
      const gapUs = (taken[index + 1] ?? first + intervalUs) - startUs;
      if (gapUs > best.gapUs) best = { startUs, gapUs };
    });
    return (best.startUs + best.gapUs / 2) % intervalUs;
  }
}

import { SLOT_US } from './hci/units.js';
import type { Heard } from './station.js';
import type { Timeline } from './timeline.js';

/** How a controller scans, as LE Set Scan Parameters says (Vol 4 Part E, 7.8.10). */
interface ScanParameters {
  readonly isActive: boolean;
  readonly intervalUs: number;
  readonly windowUs: number;
}

/** Advertisers that a controller remembers in order not to report them again; real ones have room for a few dozen. */
const MAX_SEEN = 64;
const DEFAULTS: ScanParameters = { isActive: false, intervalUs: 16 * SLOT_US, windowUs: 16 * SLOT_US };

/** The scanning of one controller. */
export class Scanner {
  parameters = DEFAULTS;
  readonly #timeline: Timeline;
  #startedUs: number | undefined;
  #filtersDuplicates = false;
  readonly #seen = new Set<string>();

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  get isOn(): boolean {
    return this.#startedUs !== undefined;
  }

  start(filtersDuplicates: boolean): void {
    this.#startedUs = this.#timeline.nowUs;
    this.#filtersDuplicates = filtersDuplicates;
    this.#seen.clear();
  }

  stop(): void {
    this.#startedUs = undefined;
  }

  /** Whether the receiver is on at this moment: `windowUs` of each `intervalUs`. */
  scansAt(nowUs: number): 'no' | 'passive' | 'active' {
    if (this.#startedUs === undefined) return 'no';
    const { intervalUs, windowUs, isActive } = this.parameters;
    if ((nowUs - this.#startedUs) % intervalUs >= windowUs) return 'no';
    return isActive ? 'active' : 'passive';
  }

  /** Whether a packet is to be reported: always, or once an advertiser and kind of packet. */
  isNews({ from, type }: Heard): boolean {
    if (!this.#filtersDuplicates) return true;
    const key = `${from.address} ${type}`;
    if (this.#seen.has(key)) return false;
    if (this.#seen.size >= MAX_SEEN) this.#seen.clear();
    this.#seen.add(key);
    return true;
  }
}

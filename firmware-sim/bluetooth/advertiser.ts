import { REPORT } from './hci/codes.js';
import { SLOT_US } from './hci/units.js';
import type { Advertisement, Radio } from './radio.js';
import type { Station } from './station.js';

const EMPTY = new Uint8Array(0);
/** 1.28 s, the default of LE Set Advertising Parameters (Vol 4 Part E, 7.8.5). */
const DEFAULTS: Advertisement = {
  type: REPORT.connectable,
  intervalUs: 0x0800 * SLOT_US,
  data: EMPTY,
  scanResponse: EMPTY,
};

/** The legacy advertising of one controller: what it says, and whether it does. */
export class Advertiser {
  readonly #radio: Radio;
  readonly #station: Station;
  #content = DEFAULTS;
  #stop: (() => void) | undefined;

  constructor(radio: Radio, station: Station) {
    this.#radio = radio;
    this.#station = station;
  }

  get isOn(): boolean {
    return this.#stop !== undefined;
  }

  /** Changes what is advertised; an advertiser that is on goes on with it. */
  change(content: Partial<Advertisement>): void {
    this.#content = { ...this.#content, ...content };
  }

  /** Whether it would invite connections. */
  get isConnectable(): boolean {
    return this.#content.type === REPORT.connectable;
  }

  start(): void {
    this.#stop ??= this.#radio.advertise(
      this.#station,
      () => this.#content,
      () => {
        this.#stop = undefined;
      },
    );
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  reset(): void {
    this.stop();
    this.#content = DEFAULTS;
  }
}

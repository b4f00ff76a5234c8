import type { Random } from '../random.js';
import { Computer } from './computer.js';
import { VirtualController } from './controller.js';
import { STATUS } from './hci/codes.js';
import type { RadioProfile } from './profiles.js';
import { Radio } from './radio.js';
import { Timeline } from './timeline.js';

/** A phone with an adapter, `hci0`, that somebody carries around. */
export interface Phone {
  readonly computer: Computer;
  /** Out of range. Whoever is connected notices by silence. */
  leave(): void;
  comeBack(): void;
}

/** Farther than any radio reaches. */
const AWAY_M = 1000;

/** A place with a gateway in its middle and phones around it. Nothing happens unless somebody moves its time. */
export class Place {
  readonly timeline = new Timeline();
  readonly #profile: RadioProfile;
  readonly #radio: Radio;
  #adapters = 0;

  constructor(profile: RadioProfile, random: Random) {
    const { lossRate, maxExchangesPerEvent } = profile;
    const limits = maxExchangesPerEvent === undefined ? {} : { maxExchangesPerEvent };
    this.#profile = profile;
    this.#radio = new Radio({ timeline: this.timeline, random, lossRate, ...limits });
  }

  /** A computer whose adapter, `hci0`, is as good as they get. */
  addGateway(): Computer {
    return this.#computerWith(this.#adapter({ phy: 2 }), this.#profile.gatewayBufferBytes);
  }

  /** A phone as the profile has it. */
  addPhone(): Phone {
    const { phy, maxDataOctets, distanceM, walks, endsEveryMs } = this.#profile;
    const adapter = this.#adapter({ phy, maxDataOctets });
    const stand = (metres: number): void => {
      adapter.position = { x: metres, y: 0 };
    };
    stand(distanceM);
    const computer = this.#computerWith(adapter);
    const phone: Phone = { computer, leave: () => stand(AWAY_M), comeBack: () => stand(distanceM) };
    if (walks !== undefined) this.#alternate(walks.nearMs, phone.leave, walks.awayMs, phone.comeBack);
    if (endsEveryMs !== undefined) this.#every(endsEveryMs, () => disconnect(adapter));
    return phone;
  }

  #adapter(kind: Pick<Partial<RadioProfile>, 'phy' | 'maxDataOctets'>): VirtualController {
    const number = (++this.#adapters).toString(16).padStart(2, '0');
    return new VirtualController({ radio: this.#radio, address: `c0:ff:ee:00:00:${number}`, ...kind });
  }

  #computerWith(adapter: VirtualController, limitBytes?: number): Computer {
    const { pauses } = this.#profile;
    const buffer = limitBytes === undefined ? {} : { limitBytes };
    const computer = new Computer({ timeline: this.timeline, ...buffer });
    computer.plug(0, adapter);
    if (pauses !== undefined) this.#every(pauses.everyMs + pauses.forMs, () => computer.pause(pauses.forMs));
    return computer;
  }

  #every(ms: number, act: () => void): void {
    this.#alternate(ms, act, 0, () => {});
  }

  /** The one, the other, and again, each so long after what was before it. */
  #alternate(oneMs: number, one: () => void, otherMs: number, other: () => void): void {
    this.timeline.after(oneMs, () => {
      one();
      this.#alternate(otherMs, other, oneMs, one);
    });
  }
}

function disconnect(adapter: VirtualController): void {
  for (const { link } of adapter.connections.values()) link.terminate(adapter, STATUS.remoteUserTerminated);
}

import type { Phy } from './air-time.js';

/** What a simulated radio is like between a gateway and a phone, and what their programs are like. */
export interface RadioProfile {
  readonly description: string;
  /** Between the two, in metres. They hear each other up to 30. */
  readonly distanceM: number;
  /** Share of packets that get lost on the air; they are repeated, which takes time. */
  readonly lossRate: number;
  /** Of the phone's radio: megasymbols a second, and the longest payload. */
  readonly phy: Phy;
  readonly maxDataOctets: number;
  /** What the phone asks for. */
  readonly mtu: number;
  /** Packets each way that one meeting of the two radios has room for. Unlimited where omitted. */
  readonly maxExchangesPerEvent?: number;
  /** The phone is out of range for `awayMs` after each `nearMs`. */
  readonly walks?: { readonly nearMs: number; readonly awayMs: number };
  /** The phone's system ends its connections so often. */
  readonly endsEveryMs?: number;
  /** Both programs stop reading for `forMs` after each `everyMs`. */
  readonly pauses?: { readonly everyMs: number; readonly forMs: number };
  /** Receive buffer of the gateway's kernel: what finds it full is lost without a word. Linux' default where omitted. */
  readonly gatewayBufferBytes?: number;
}

const NEAR = { distanceM: 2, lossRate: 0, phy: 1, maxDataOctets: 251, mtu: 247 } as const;

/** The profiles by name, as `waypost sim --transport ble --profile` takes them. */
export const RADIO_PROFILES = {
  near: { description: 'a phone on the same table', ...NEAR },
  fast: { description: 'the same, at two megasymbols a second', ...NEAR, phy: 2 },
  old: {
    description: 'an old phone: values of 20 bytes, and four packets each time the radios meet',
    ...NEAR,
    maxDataOctets: 27,
    mtu: 23,
    maxExchangesPerEvent: 4,
  },
  far: {
    description: 'at the other end of the house: one packet in five is lost',
    ...NEAR,
    distanceM: 25,
    lossRate: 0.2,
  },
  walking: {
    description: 'somebody walks in and out: four seconds in range, two out of it',
    ...NEAR,
    walks: { nearMs: 4000, awayMs: 2000 },
  },
  breaking: {
    description: 'a phone whose system ends its connection every three seconds',
    ...NEAR,
    endsEveryMs: 3000,
  },
  busy: {
    description: 'both programs stand still for half a second in every two',
    ...NEAR,
    pauses: { everyMs: 1500, forMs: 500 },
  },
  overflowing: {
    description: 'the same, and a receive buffer of the gateway that is too small: packets vanish unnoticed',
    ...NEAR,
    pauses: { everyMs: 1500, forMs: 500 },
    gatewayBufferBytes: 6000,
  },
} as const satisfies Readonly<Record<string, RadioProfile>>;

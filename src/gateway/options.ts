import type { DeviceClock } from '../core/clock.js';
import type { Logger } from '../core/logger.js';
import type { Scheduler } from '../core/scheduler.js';
import type { Primitives } from '../crypto/primitives.js';
import type { Envelopes } from '../envelope/envelopes.js';
import type { DidResolver } from '../envelope/resolvers.js';
import type { BasicMessage } from '../protocols/basic-message.js';
import { DEFAULT_MEDIATION_LIMITS, type MediationLimits } from '../protocols/mediation/records.js';
import { DEFAULT_LIVE_LIMITS, type LiveLimits } from '../protocols/pickup/live-feed.js';
import type { Sender } from '../protocols/protocol.js';
import { DEFAULT_ROUTING_LIMITS, type RoutingLimits } from '../protocols/routing.js';
import type { Rule } from '../sensor/rules/rule.js';
import type { SensorsOption } from '../sensor/sensors.js';
import type { MessageStore, Operation } from '../store/message-store.js';
import type { Address, Transport } from '../transport/transport.js';
import { DEFAULT_UPSTREAM_LIMITS, type UpstreamLimits, type UpstreamOption } from './upstream/options.js';

/** Who may use the gateway as a mediator; see `docs/protocols.md`, "Who may use it". */
export type AdmissionOption =
  | { readonly kind: 'open' }
  /** The request must carry the id of an invitation of `Gateway.invite` as its `pthid`. */
  | { readonly kind: 'invitation' }
  | { readonly kind: 'list'; readonly dids: readonly string[] };

/**
 * Which forwards are taken for a `next` that is not registered here, to be pushed there when there is a way. Always those
 * to an upstream.
 */
export interface RelayOption {
  /** DIDs of further stations, to which everybody's forwards are taken along. */
  readonly neighbours?: readonly string[];
  /**
   * Forwards to any DID that has an endpoint, when they come from somebody who has an account here: on a connection on
   * which that was proven, or authenticated themselves. Default: refused.
   */
  readonly forAccounts?: boolean;
  /**
   * The same for whoever sends from a place, such as `http:192.168.1.7` (see `sourceOf`). Default: nowhere. Whoever says
   * yes to the internet runs an open relay.
   */
  readonly forSources?: (source: string) => boolean;
}

/** Which readings go to which agents, and who may tell devices what to do. */
export interface SensorRulesOption {
  readonly rules: readonly Rule[];
  /** DIDs whose `command` messages are carried out. Default: nobody's. */
  readonly commanders?: readonly string[];
}

/** Everything that a gateway needs; it opens nothing and owns nothing of it, apart from what `serve` is given. */
export interface GatewayOptions {
  /** Own DIDs: the current one first, then those that were rotated away and are still served. At least one. */
  readonly dids: readonly [string, ...string[]];
  readonly primitives: Primitives;
  /** With the private keys of all of `dids`. */
  readonly envelopes: Envelopes;
  readonly resolver: DidResolver;
  /** Opened with `PROTOCOL_SPACES`, and with `SENSOR_SPACES` and `RULE_SPACES` where there are sensors. */
  readonly store: MessageStore;
  /** For dialling; several with one scheme: the first counts. */
  readonly transports: readonly Transport[];
  readonly clock: DeviceClock;
  readonly scheduler: Scheduler;
  /** From 0 up to but not including 1; spreads retries. */
  readonly random: () => number;
  readonly logger: Logger;
  /** Default: open. */
  readonly admission?: AdmissionOption;
  /** Mediators on the internet that this gateway is a client of; see `docs/upstream.md`. */
  readonly upstreams?: readonly UpstreamOption[];
  readonly relay?: RelayOption;
  /** The proof that the first of `dids` came after another one (`from_prior`), for the upstreams. */
  readonly fromPrior?: string;
  /**
   * Whether the accepting answer at `address` is enough to delete a message that was pushed there. Undefined, and the
   * default: wherever the transport gives such answers.
   */
  readonly trusts?: (address: Address) => boolean | undefined;
  /** What is to be written in the transaction that gives `holder` an account. Default: nothing. */
  readonly withAccount?: (holder: Sender) => Promise<readonly Operation[]>;
  /** Texts for whoever operates the gateway. Default: logged as having come, without the text. */
  readonly onBasicMessage?: (message: BasicMessage) => Promise<void> | void;
  /** Frames of sensor devices are taken; see `docs/sensors.md`. Default: they are refused like any other nonsense. */
  readonly sensors?: SensorsOption;
  /** Where their readings go; see `docs/sensor-rules.md`. Only with `sensors`. Default: nowhere, they are kept. */
  readonly sensorRules?: SensorRulesOption;
  readonly limits?: Partial<GatewayLimits>;
}

export interface GatewayLimits {
  /** Messages handled at the same time, from all channels. */
  readonly handling: number;
  /** Messages of one channel that are opened before it is their turn. */
  readonly openingPerChannel: number;
  /** Forwards of one channel handled at the same time; everything else is handled one by one. */
  readonly handlingPerChannel: number;
  /** The largest message that is taken, as it is disclosed; the transports enforce it. */
  readonly maxReceiveBytes: number;
  /** Of messages in one `delivery`. */
  readonly deliveryBytes: number;
  readonly mediation: MediationLimits;
  readonly routing: RoutingLimits;
  readonly live: LiveLimits;
  readonly upstream: UpstreamLimits;
  /** Between two tries to push to the same destination: the first wait, and the longest. */
  readonly retry: { readonly initialMs: number; readonly maxMs: number };
  /** How long a channel that was dialled stays open without being used. */
  readonly idleChannelMs: number;
  /** Between two times that what is over its lifetime is deleted. */
  readonly expireEveryMs: number;
}

const MIB = 1024 * 1024;

export const DEFAULT_GATEWAY_LIMITS: GatewayLimits = {
  handling: 256,
  openingPerChannel: 32,
  handlingPerChannel: 128,
  maxReceiveBytes: MIB,
  deliveryBytes: 512 * 1024,
  mediation: DEFAULT_MEDIATION_LIMITS,
  routing: DEFAULT_ROUTING_LIMITS,
  live: DEFAULT_LIVE_LIMITS,
  upstream: DEFAULT_UPSTREAM_LIMITS,
  retry: { initialMs: 1000, maxMs: 15 * 60_000 },
  idleChannelMs: 60_000,
  expireEveryMs: 60_000,
};

import type { DeviceClock } from '../core/clock.js';
import { type BasicMessage, createBasicMessage } from '../protocols/basic-message.js';
import { createCoordinateMediation2 } from '../protocols/coordinate-mediation-2.js';
import { createCoordinateMediation3 } from '../protocols/coordinate-mediation-3.js';
import { createDiscoverFeatures } from '../protocols/discover-features.js';
import { createEmpty } from '../protocols/empty.js';
import type { Coordinator } from '../protocols/mediation/coordinator.js';
import { createMessagePickup4 } from '../protocols/message-pickup-4.js';
import { createMessagePickup3 } from '../protocols/messagepickup-3.js';
import { createOutOfBand } from '../protocols/out-of-band.js';
import type { Pickup } from '../protocols/pickup/pickup.js';
import type { Protocol, Received } from '../protocols/protocol.js';
import { createReportProblem } from '../protocols/report-problem.js';
import { createRouting, type RoutingOptions } from '../protocols/routing.js';
import { createTrustPing } from '../protocols/trust-ping.js';

export interface SpokenOptions {
  readonly routing: RoutingOptions;
  readonly coordinator: Coordinator;
  readonly pickup: Pickup;
  readonly custodyReceipts: Protocol;
  readonly clock: DeviceClock;
  readonly ownDid: string;
  readonly maxReceiveBytes: number;
  /** Those that only some gateways speak. */
  readonly further: readonly Protocol[];
  onBasicMessage(message: BasicMessage): Promise<void> | void;
  onProblem(received: Received): void;
}

const GOAL_CODES = ['request-mediate'];
const HEADERS = ['return_route', 'please_ack', 'ack', 'from_prior', 'custody_receipt'];

/** The list of protocols that a gateway speaks: the one place where a new one is added. */
export function spokenProtocols(options: SpokenOptions): readonly Protocol[] {
  const { coordinator, pickup, clock, maxReceiveBytes } = options;
  const routingDid = (): string => options.ownDid;
  const protocols: Protocol[] = [
    createRouting(options.routing),
    createCoordinateMediation2(coordinator, routingDid),
    createCoordinateMediation3(coordinator, routingDid),
    createMessagePickup3(pickup, clock),
    createMessagePickup4(pickup, clock),
    options.custodyReceipts,
    createTrustPing(),
    createDiscoverFeatures({ protocols: () => protocols, goalCodes: GOAL_CODES, headers: HEADERS, maxReceiveBytes }),
    createBasicMessage(options.onBasicMessage),
    createReportProblem(options.onProblem),
    createOutOfBand(),
    createEmpty(),
    ...options.further,
  ];
  return protocols;
}

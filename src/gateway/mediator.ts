import type { DeviceClock } from '../core/clock.js';
import type { Logger } from '../core/logger.js';
import type { Primitives } from '../crypto/primitives.js';
import { createCustodyReceipts } from '../protocols/custody-receipts.js';
import type { Deposits } from '../protocols/deposits.js';
import { Dispatcher } from '../protocols/dispatcher.js';
import type { Admission } from '../protocols/mediation/admission.js';
import { Coordinator } from '../protocols/mediation/coordinator.js';
import type { Registry } from '../protocols/mediation/registry.js';
import type { Custody } from '../protocols/pickup/custody.js';
import { HandedOut } from '../protocols/pickup/handed-out.js';
import { LiveMode } from '../protocols/pickup/live-mode.js';
import { Mailboxes } from '../protocols/pickup/mailboxes.js';
import { Pickup } from '../protocols/pickup/pickup.js';
import type { Protocol, Received } from '../protocols/protocol.js';
import { Receipts } from '../protocols/receipts/receipts.js';
import { Tickets } from '../protocols/receipts/ticket.js';
import { whereabouts } from '../protocols/receipts/whereabouts.js';
import type { ReplayGuard } from '../protocols/replay-guard.js';
import type { RelayedForward } from '../protocols/routing.js';
import type { Bell } from '../router/bell.js';
import type { MessageStore, PutResult } from '../store/message-store.js';
import type { GatewayLimits, GatewayOptions } from './options.js';
import { spokenProtocols } from './spoken-protocols.js';

export interface MediatorOptions {
  readonly ownDids: readonly [string, ...string[]];
  readonly registry: Registry;
  readonly replays: ReplayGuard;
  readonly admission: Admission;
  readonly store: MessageStore;
  readonly clock: DeviceClock;
  readonly logger: Logger;
  readonly limits: GatewayLimits;
  readonly deposited: Bell;
  readonly deposits: Deposits;
  readonly custody: Custody;
  readonly primitives: Primitives;
  readonly signStatement: ConstructorParameters<typeof Receipts>[0]['sign'];
  readonly onBasicMessage: GatewayOptions['onBasicMessage'];
  /** Rung for the queue that something was taken out of by its recipient. */
  readonly acknowledged: Bell;
  readonly furtherProtocols: readonly Protocol[];
  canonical(did: string): string;
  isOwn(did: string): boolean;
  /** Whether a canonical DID is an upstream or neighbour. */
  isNeighbour(did: string): boolean;
  receiveInner(content: Uint8Array, outer: Received): Promise<void>;
  relay(forward: RelayedForward): Promise<readonly PutResult[] | undefined>;
}

/** Wires the protocols to the registry, the queues and each other. */
export function createMediator(options: MediatorOptions): {
  dispatcher: Dispatcher;
  live: LiveMode;
  handedOut: HandedOut;
} {
  const { registry, replays, store, clock, logger, limits, deposited, acknowledged, canonical } = options;
  const mailboxes = new Mailboxes(store, registry, acknowledged);
  const handedOut = new HandedOut({
    store,
    mailboxes,
    custody: options.custody,
    acknowledged,
    isCustodian: options.isNeighbour,
  });
  const live = new LiveMode({ store, registry, mailboxes, deposited, acknowledged, logger, limits: limits.live });
  const { primitives, custody } = options;
  const receipts = new Receipts({
    tickets: new Tickets(store, primitives),
    primitives,
    logger,
    clock,
    sign: options.signStatement,
    whereabouts: (id, next) => whereabouts({ store, registry, custody }, id, next),
  });
  const protocols = spokenProtocols({
    routing: {
      registry,
      deposits: options.deposits,
      limits: limits.routing,
      primitives,
      receipts,
      canonical,
      isOwn: options.isOwn,
      receiveInner: options.receiveInner,
      relay: options.relay,
    },
    coordinator: new Coordinator({ registry, admission: options.admission, replays, canonical }),
    pickup: new Pickup({
      mailboxes,
      handedOut,
      live,
      registry,
      replays,
      store,
      deliveryLimitBytes: limits.deliveryBytes,
      canonical,
    }),
    custodyReceipts: createCustodyReceipts({ receipts, registry }),
    clock,
    ownDid: options.ownDids[0],
    maxReceiveBytes: limits.maxReceiveBytes,
    further: options.furtherProtocols,
    onBasicMessage:
      options.onBasicMessage ?? (({ from }) => logger.info('basic-message.received', { from: from.spelledAs })),
    onProblem: ({ sender, message }) =>
      logger.info('problem.reported', { from: sender?.did, code: codeOf(message.body?.code) }),
  });
  return { dispatcher: new Dispatcher(protocols), live, handedOut };
}

/** What a stranger wrote, fit for a line of a log. */
function codeOf(code: unknown): string | undefined {
  return typeof code === 'string' && /^[\w.-]{1,100}$/.test(code) ? code : undefined;
}

import { WaypostError } from '../core/errors.js';
import { Deposits } from '../protocols/deposits.js';
import type { Admission } from '../protocols/mediation/admission.js';
import type { AccountSummary, RemovedAccount } from '../protocols/mediation/records.js';
import { Registry } from '../protocols/mediation/registry.js';
import { Custody } from '../protocols/pickup/custody.js';
import type { Sender } from '../protocols/protocol.js';
import { ReplayGuard } from '../protocols/replay-guard.js';
import { PING } from '../protocols/trust-ping.js';
import { Bell } from '../router/bell.js';
import { Forwarder } from '../router/forwarder.js';
import type { SensorRulesStatus } from '../sensor/rules/sensor-rules.js';
import type { SensorStatus, Sensors } from '../sensor/sensors.js';
import type { MessageFate, MessageStore, Page, StoreSize } from '../store/message-store.js';
import type { Channel, Listener } from '../transport/transport.js';
import { ChannelServer } from './channel-server.js';
import { Conversations } from './conversations.js';
import { Consignee } from './courier/consignee.js';
import { Courier } from './courier/courier.js';
import { Dialer } from './dialer.js';
import { Handler } from './handler.js';
import { findHops } from './hops.js';
import { startHousekeeping } from './housekeeping.js';
import { Intake } from './intake.js';
import { type CreatedInvitation, Invitations, type InviteOptions } from './invitations.js';
import { createMediator } from './mediator.js';
import { Nearby } from './nearby.js';
import { DEFAULT_GATEWAY_LIMITS, type GatewayOptions } from './options.js';
import { Outbox } from './outbox.js';
import { Packer } from './packer.js';
import { PeerConnection } from './peer-connection.js';
import { Relay } from './relay.js';
import { createSensing, type Sensing, sensorProtocols } from './sensing.js';
import { createStatementSigner } from './statement-signer.js';
import { Collector } from './upstream/collector.js';
import { readUpstreamOption } from './upstream/options.js';
import type { UpstreamStatus } from './upstream/progress.js';
import { Upstreams } from './upstream/upstreams.js';

/** A mediator at work. Disposing takes nothing new, finishes what is being handled, and closes all channels. */
export interface Gateway extends AsyncDisposable {
  /**
   * Takes up what was left by the run before: pushes what waits to be pushed, and begins to connect to the upstreams, which
   * it does not wait for. Call it once, before serving.
   */
  start(): Promise<void>;
  /** A network came back: everything that waits to be pushed is tried now, whatever wait was agreed. */
  retry(): void;
  /** Takes the channels of a listener, and disposes it with itself. Resolves when the listener ended. */
  serve(listener: Listener): Promise<void>;
  status(): Promise<GatewayStatus>;
  /** Open connections, longest first. */
  peers(): readonly PeerStatus[];
  invite(options?: InviteOptions): Promise<CreatedInvitation>;
  /** From then on the invitation admits nobody. */
  revoke(invitationId: string): Promise<void>;
  /** Everybody who was granted mediation, by DID in pages. */
  accounts(page: Page): Promise<readonly AccountSummary[]>;
  /** See `Registry.remove`; `did` in any spelling. */
  removeAccount(did: string, isPurging: boolean): Promise<RemovedAccount | undefined>;
  /** What became of a queued message, and while it waits to be pushed: what was tried. Undefined: never heard of. */
  why(messageId: string): Promise<MessageReason | undefined>;
  /** For what is carried by hand. */
  readonly courier: Courier;
  /** Undefined where it has none. */
  readonly sensors: Sensors | undefined;
}

export interface GatewayStatus {
  readonly did: string;
  readonly isDraining: boolean;
  readonly connections: number;
  /** Recipients that are in live mode, over all connections. */
  readonly live: number;
  /** Messages being handled at this moment. */
  readonly handling: number;
  readonly store: StoreSize;
  readonly upstreams: readonly UpstreamStatus[];
  readonly sensors: SensorStatus | undefined;
  readonly rules: SensorRulesStatus | undefined;
}

export interface PeerStatus {
  readonly remoteAddress: string;
  readonly openForMs: number;
  /** DIDs that were proven on this connection, canonical. */
  readonly dids: readonly string[];
  /** See `Channel.claimedDid`. */
  readonly claimedDid: string | undefined;
}

export interface MessageReason {
  readonly fate: MessageFate;
  /** Only while it waits to be pushed and was tried. */
  readonly progress: ReturnType<Forwarder['why']>;
}

/** Throws ERR_INVALID_ARGUMENT when there is no DID of its own. */
export function createGateway(options: GatewayOptions): Gateway {
  if (options.dids.length === 0) throw new WaypostError('ERR_INVALID_ARGUMENT', 'a gateway needs a DID');
  const parts = wire(options);
  const { server, forwarder, dialer, invitations, registry, live, upstreams, courier, sensing, stopHousekeeping } =
    parts;
  const { store, clock } = options;
  return {
    async start() {
      await forwarder.start();
      await sensing?.rules.start();
      upstreams.start();
    },
    retry: parts.retry,
    serve: (listener) => server.serveListener(listener),
    status: async () => ({
      did: options.dids[0],
      isDraining: server.isDraining,
      connections: server.connections().length,
      live: live.size,
      handling: server.handling,
      store: await store.size(),
      upstreams: upstreams.status(),
      sensors: sensing?.sensors.status(),
      rules: await sensing?.rules.status(),
    }),
    peers: () =>
      server.connections().map(({ remoteAddress, openedAtMs, dids, claimedDid }) => ({
        remoteAddress,
        openForMs: clock.monotonicMs() - openedAtMs,
        dids,
        claimedDid,
      })),
    invite: (invite = {}) => invitations.create(options.dids[0], invite),
    revoke: (id) => invitations.revoke(id),
    accounts: (page) => registry.accounts(page),
    removeAccount: (did, isPurging) => registry.remove(options.resolver.canonical(did), isPurging),
    why: (id) => explain(store, forwarder, id),
    courier,
    sensors: sensing?.sensors,
    async [Symbol.asyncDispose]() {
      stopHousekeeping();
      await upstreams[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await sensing?.rules[Symbol.asyncDispose]();
      await forwarder[Symbol.asyncDispose]();
      await dialer[Symbol.asyncDispose]();
    },
  };
}

async function explain(
  store: Pick<MessageStore, 'why'>,
  forwarder: Forwarder,
  id: string,
): Promise<MessageReason | undefined> {
  const fate = await store.why(id);
  if (fate === undefined) return undefined;
  return { fate, progress: fate.state === 'queued' ? forwarder.why(fate.destination) : undefined };
}

function wire(options: GatewayOptions) {
  const { dids, primitives, envelopes, resolver, store, transports, clock, scheduler, logger } = options;
  const limits = { ...DEFAULT_GATEWAY_LIMITS, ...options.limits };
  const canonical = (did: string): string => resolver.canonical(did);
  const deposited = new Bell();
  const acknowledged = new Bell(() => sensing?.rules.wake());
  const registry = new Registry({ store, limits: limits.mediation, withAccount: options.withAccount });
  const replays = new ReplayGuard(store, primitives);
  const packer = new Packer(envelopes, primitives, clock);
  const invitations = new Invitations(store, primitives, clock);
  const deposits = new Deposits({ registry, store, primitives, deposited });
  const custody = new Custody(store);
  const conversations = new Conversations(packer, scheduler);
  const own = new Set(dids.map(canonical));
  const isOwn = (did: string): boolean => own.has(canonical(did));
  const neighbours = new Set((options.relay?.neighbours ?? []).map(canonical));
  const isNeighbour = (did: string): boolean => upstreams.has(did) || neighbours.has(canonical(did));

  const askPeer = (channel: Channel, peer: Sender): Promise<unknown> =>
    conversations.request(channel, PING, dids[0], peer, limits.upstream.answerMs);
  const ask = (channel: Channel, did: string): Promise<unknown> =>
    askPeer(channel, { did: canonical(did), spelledAs: did });
  const dialer: Dialer = new Dialer({
    transports,
    scheduler,
    idleChannelMs: limits.idleChannelMs,
    serve: (channel) => server.serveChannel(channel),
  });
  const forwarder = new Forwarder({
    store,
    scheduler,
    monotonicMs: () => clock.monotonicMs(),
    logger,
    onSent: () => sensing?.rules.wake(),
    backoff: { ...limits.retry, random: options.random },
    hops: (destination) => {
      const { trusts } = options;
      return findHops({ resolver, envelopes, dialer, nearby, trusts, isOwn, isConfigured: isNeighbour }, destination);
    },
    send: ({ address, asks, deliver }, message, signal) =>
      deliver !== undefined
        ? deliver(message, signal)
        : dialer.send(address, message, signal, asks === undefined ? undefined : (channel) => ask(channel, asks)),
  });
  const nearby: Nearby = new Nearby({ forwarder, logger, canonical, ask: askPeer });
  const { dispatcher, live, handedOut } = createMediator({
    ownDids: dids,
    registry,
    replays,
    admission: toAdmission(options, invitations),
    store,
    deposits,
    custody,
    primitives,
    signStatement: createStatementSigner(envelopes, resolver),
    clock,
    logger,
    limits,
    deposited,
    acknowledged,
    furtherProtocols: sensorProtocols(options, () => sensing),
    onBasicMessage: options.onBasicMessage,
    canonical,
    isOwn,
    isNeighbour,
    receiveInner: (content, outer) => handler.handleInner(content, outer),
    relay: (forward) => relay.take(forward),
  });
  const outbox = new Outbox({ store, registry, replays, primitives, deposited, forwarder });
  const handler: Handler = new Handler({
    intake: new Intake({ envelopes, registry, clock, canonical }),
    dispatcher,
    conversations,
    packer,
    outbox,
    logger,
  });
  const sensing: Sensing | undefined = createSensing(options, packer, outbox);
  let connections = 0;
  const server = new ChannelServer({
    handler,
    sensors: sensing?.sensors,
    logger,
    handling: limits.handling,
    openingPerChannel: limits.openingPerChannel,
    handlingPerChannel: limits.handlingPerChannel,
    connect: (channel) => {
      const id = String(++connections);
      const connection = new PeerConnection(id, channel, packer, clock.monotonicMs(), (peer) => {
        if (neighbours.has(peer.did)) nearby.add(channel, peer);
      });
      if (channel.claimedDid !== undefined) void nearby.meet(channel, channel.claimedDid);
      connection.onClose(() => nearby.leave(channel));
      return connection;
    },
  });
  const relay = new Relay({
    resolver,
    store,
    primitives,
    forwarder,
    isNeighbour,
    isOwn,
    isNearby: (did) => nearby.find(did) !== undefined,
    canDial: (address) => dialer.transportFor(address) !== undefined,
    registry,
    option: options.relay ?? {},
  });
  const consignee = (hands: number): Consignee =>
    new Consignee({
      deposits,
      canonical,
      isOwn,
      receiveOwn: (content, connection) => handler.handleBrought(content, connection, hands),
    });
  const courier = new Courier({
    store,
    primitives,
    handedOut,
    custody,
    consignee: consignee(0), // a stick is a link like any other
    packer,
    ownDid: dids[0],
    maxMessageBytes: limits.maxReceiveBytes,
    canonical,
    passOn: (isForAnybody) => (did, content, connection) =>
      relay.pass(did, content, { depositor: connection.source }, isForAnybody),
  });
  const retry = (): void => {
    const failed = (error: unknown): void => logger.warn('forwarder.start-failed', { message: String(error) });
    forwarder.start().catch(failed);
  };
  const upstreams: Upstreams = new Upstreams({
    configs: (options.upstreams ?? []).map(readUpstreamOption),
    ownDids: dids,
    registry,
    resolver,
    conversations,
    collector: new Collector({ consignee: consignee(1), logger }),
    scheduler,
    random: options.random,
    logger,
    limits: limits.upstream,
    fromPrior: options.fromPrior,
    monotonicMs: () => clock.monotonicMs(),
    transportFor: (address) => dialer.transportFor(address),
    serve: (channel) => server.serveChannel(channel),
    onReached: retry,
  });
  const stopHousekeeping = startHousekeeping(store, scheduler, logger, limits.expireEveryMs);
  return {
    server,
    forwarder,
    retry,
    dialer,
    invitations,
    registry,
    live,
    upstreams,
    courier,
    sensing,
    stopHousekeeping,
  };
}

function toAdmission({ admission, resolver }: GatewayOptions, invitations: Invitations): Admission {
  switch (admission?.kind) {
    case 'invitation':
      return { kind: 'invitation', isInvitation: (id) => invitations.isValid(id) };
    case 'list':
      return { kind: 'list', dids: new Set(admission.dids.map((did) => resolver.canonical(did))) };
    default:
      return { kind: 'open' };
  }
}

import type { MessageReason } from '../../gateway/gateway.js';
import type { UpstreamStatus } from '../../gateway/upstream/progress.js';
import type { Counters } from '../admin/counters.js';
import type { RunningGateway } from '../run/running-gateway.js';
import { bluetoothState, radioOf, signalStrengths } from './bluetooth.js';
import type { Inflow } from './inflow.js';
import type { Operator, PushProgress, UpstreamState } from './operator.js';
import { storageOutlook } from './outlook.js';
import type { Refusals } from './refusals.js';
import { createStoreOperator, type StoreOperatorOptions } from './store-operator.js';

/** What was noticed of the messages that came since the start. */
export interface Noticed {
  readonly counters: Pick<Counters, 'full' | 'refused'>;
  readonly inflow: Inflow;
  readonly refusals: Refusals;
}

/** Of a gateway that runs in this process. */
export function createGatewayOperator(
  running: RunningGateway,
  options: Omit<StoreOperatorOptions, 'store' | 'addresses' | 'courier' | 'sensors'>,
  { counters, inflow, refusals }: Noticed,
): Operator {
  const { gateway, store, addresses, bluetooth } = running;
  const startedAtMs = options.clock.monotonicMs();
  const ofStore = createStoreOperator({
    ...options,
    addresses,
    store,
    courier: async () => gateway.courier,
    sensors: gateway.sensors,
  });
  return {
    ...ofStore,
    async status() {
      const { connections, live, handling, upstreams, sensors, rules } = await gateway.status();
      const common = await ofStore.status();
      return {
        ...common,
        state: 'running',
        uptimeSeconds: Math.floor((options.clock.monotonicMs() - startedAtMs) / 1000),
        addresses,
        full: counters.full?.message ?? null,
        outlook: storageOutlook(inflow.measure(), common.store, common.disk),
        refused: counters.refused,
        refusals: refusals.list(),
        connections,
        live,
        handling,
        upstreams: upstreams.map(toState),
        bluetooth: bluetoothState(bluetooth),
        sensors: sensors ?? null,
        rules: rules ?? null,
        mqtt: running.mqttStates(),
        residentBytes: process.memoryUsage.rss(),
      };
    },
    async why(id) {
      const reason = await gateway.why(id);
      return reason === undefined ? null : { fate: reason.fate, progress: toProgress(reason.progress) };
    },
    async peers() {
      const strengths = await signalStrengths(bluetooth);
      return gateway.peers().map((peer) => ({
        ...peer,
        claimedDid: peer.claimedDid ?? null,
        rssiDbm: strengths.get(radioOf(peer.remoteAddress) ?? '') ?? null,
      }));
    },
    removeAccount: async (did, isPurging) => (await gateway.removeAccount(did, isPurging)) ?? null,
  };
}

function toState(upstream: UpstreamStatus): UpstreamState {
  const { lastError, nextTryInMs, address } = upstream;
  return {
    ...upstream,
    nextTryInMs: nextTryInMs ?? null,
    lastError: lastError?.message ?? null,
    address: address ?? null,
  };
}

function toProgress(progress: MessageReason['progress']): PushProgress | null {
  if (progress === undefined) return null;
  if (progress.state === 'sending') {
    return { state: 'sending', failures: 0, heldBack: 0, lastError: null, nextTryInMs: null };
  }
  const { state, failures, heldBack, lastError, nextTryInMs } = progress;
  return { state, failures, heldBack, lastError: lastError?.message ?? null, nextTryInMs: nextTryInMs ?? null };
}

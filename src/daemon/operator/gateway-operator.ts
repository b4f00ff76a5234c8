import type { MessageReason } from '../../gateway/gateway.js';
import type { UpstreamStatus } from '../../gateway/upstream/progress.js';
import type { Counters } from '../admin/counters.js';
import type { RunningGateway } from '../run/running-gateway.js';
import type { Operator, PushProgress, UpstreamState } from './operator.js';
import { createStoreOperator, type StoreOperatorOptions } from './store-operator.js';

/** Of a gateway that runs in this process. */
export function createGatewayOperator(
  running: RunningGateway,
  options: Omit<StoreOperatorOptions, 'store' | 'courier'>,
  counters: Pick<Counters, 'full'>,
): Operator {
  const { gateway, store, addresses } = running;
  const startedAtMs = options.clock.monotonicMs();
  const ofStore = createStoreOperator({ ...options, store, courier: async () => gateway.courier });
  return {
    ...ofStore,
    async status() {
      const { connections, live, handling, upstreams } = await gateway.status();
      return {
        ...(await ofStore.status()),
        state: 'running',
        uptimeSeconds: Math.floor((options.clock.monotonicMs() - startedAtMs) / 1000),
        addresses,
        full: counters.full?.message ?? null,
        connections,
        live,
        handling,
        upstreams: upstreams.map(toState),
        mqtt: running.mqttStates(),
        residentBytes: process.memoryUsage.rss(),
      };
    },
    async why(id) {
      const reason = await gateway.why(id);
      return reason === undefined ? null : { fate: reason.fate, progress: toProgress(reason.progress) };
    },
    peers: async () => gateway.peers(),
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

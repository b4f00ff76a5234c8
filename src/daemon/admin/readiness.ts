import type { Operator } from '../operator/operator.js';

export interface Part {
  readonly part: string;
  readonly ready: boolean;
  readonly detail: string;
}

export interface Readiness {
  readonly ready: boolean;
  readonly parts: readonly Part[];
}

const STORE_MS = 5000;

/**
 * Each transport, the store and each upstream. Ready is who can serve: an upstream that is away is said here, and does not
 * make the gateway unready, because local devices are served all the same. Neither does a store without room: those who
 * fetch their mail make some, and must be let in.
 */
export async function findReadiness(operator: Operator, isStopping: () => boolean): Promise<Readiness> {
  let late: NodeJS.Timeout | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    late = setTimeout(resolve, STORE_MS, undefined);
  });
  const status = await Promise.race([operator.status(), timeout]).catch(() => undefined);
  const answers = await Promise.race([operator.queues({ limit: 1 }).then(() => true), timeout]).catch(() => false);
  clearTimeout(late);
  const full = status?.full ?? null;
  const store: Part = {
    part: 'store',
    ready: answers === true,
    detail: answers !== true ? 'does not answer' : full === null ? 'answers' : `refuses new messages: ${full}`,
  };
  const transports = (status?.addresses ?? []).map((address) => ({
    part: `transport ${address.slice(0, address.indexOf(':'))}`,
    ready: !isStopping(),
    detail: isStopping() ? 'closing' : `listens on ${address}`,
  }));
  const upstreams = (status?.upstreams ?? []).map(({ did, state, lastError }) => ({
    part: `upstream ${did}`,
    ready: state === 'live' || state === 'polling',
    detail: lastError === null ? state : `${state}: ${lastError}`,
  }));
  const ready = store.ready && transports.length > 0 && transports.every((transport) => transport.ready);
  return { ready, parts: [store, ...transports, ...upstreams] };
}

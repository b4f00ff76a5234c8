import { quote, WaypostError } from '../../core/errors.js';
import type { Page } from '../../store/message-store.js';
import type { Operator } from '../operator/operator.js';

const ANSWER_MS = 30_000;

/** The operator of a gateway that runs, over its admin API. Every call throws ERR_NETWORK (retryable) or ERR_REFUSED. */
export function createAdminClient(url: string, token: string): Operator {
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await attempt(url, () =>
      fetch(new URL(path, url), {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(ANSWER_MS),
      }),
    );
    const text = await attempt(url, () => response.text());
    if (response.ok) return JSON.parse(text);
    throw new WaypostError('ERR_REFUSED', `the gateway answered ${response.status}: ${quote(text.trim(), 300)}`);
  };
  // The other end is this very program; what it answers is what `Operator` says.
  const get = async <T>(path: string): Promise<T> => (await call('GET', path)) as T;
  const post = async <T>(path: string, body: unknown): Promise<T> => (await call('POST', path, body)) as T;
  return {
    status: () => get('/api/status'),
    peers: () => get('/api/peers'),
    queues: (page) => get(`/api/queues?${query(page)}`),
    messages: (destination, page) => get(`/api/messages?${query(page, { destination })}`),
    why: (id) => get(`/api/why?${new URLSearchParams({ id })}`),
    async purge(destination, ids) {
      return (await post<{ purged: number }>('/api/purge', ids === undefined ? { destination } : { destination, ids }))
        .purged;
    },
    invite: (goal) => post('/api/invitations', goal === undefined ? {} : { goal }),
    async revoke(id) {
      await post('/api/invitations/revoke', { id });
    },
    offer: (destination, after) =>
      post('/api/courier/offer', { destination, ...(after === undefined ? {} : { after }) }),
    take: (content, isForAnybody) => post('/api/courier/take', { content, isForAnybody }),
    async receipt(to, hashes) {
      return (await post<{ receipt: string }>('/api/courier/receipt', { to, hashes })).receipt;
    },
    gone: (hashes) => post('/api/courier/gone', { hashes }),
  };
}

function query({ after, limit }: Page, more: Record<string, string> = {}): URLSearchParams {
  return new URLSearchParams({ ...more, limit: String(limit), ...(after === undefined ? {} : { after }) });
}

async function attempt<T>(url: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    const why =
      cause instanceof Error ? (cause.cause instanceof Error ? cause.cause.message : cause.message) : String(cause);
    throw new WaypostError('ERR_NETWORK', `the admin API at ${url} does not answer: ${why}`, {
      cause,
      retryable: true,
    });
  }
}

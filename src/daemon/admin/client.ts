import { ERROR_CODES, type ErrorCode, quote, WaypostError } from '../../core/errors.js';
import { isJsonObject } from '../../core/json.js';
import type { Page } from '../../store/message-store.js';
import type { Operator } from '../operator/operator.js';

const ANSWER_MS = 30_000;

/**
 * The operator of a gateway that runs, over its admin API. Every call throws ERR_NETWORK (retryable), ERR_REFUSED, and what the
 * operator there throws.
 */
export function createAdminClient(url: string, token: string): Operator {
  const call = createAdminCaller(url, token);
  // The other end is this very program; what it answers is what `Operator` says.
  const get = async <T>(path: string): Promise<T> => (await call('GET', path)) as T;
  const post = async <T>(path: string, body: unknown): Promise<T> => (await call('POST', path, body)) as T;
  return {
    status: () => get('/api/status'),
    peers: () => get('/api/peers'),
    accounts: (page) => get(`/api/accounts?${query(page)}`),
    removeAccount: (did, isPurging) => post('/api/accounts/remove', { did, purge: isPurging }),
    queues: (page) => get(`/api/queues?${query(page)}`),
    messages: (destination, page) => get(`/api/messages?${query(page, { destination })}`),
    why: (id) => get(`/api/why?${new URLSearchParams({ id })}`),
    async purge(destination, ids) {
      return (await post<{ purged: number }>('/api/purge', ids === undefined ? { destination } : { destination, ids }))
        .purged;
    },
    invite: (goal, validSeconds) =>
      post('/api/invitations', {
        ...(goal === undefined ? {} : { goal }),
        ...(validSeconds === undefined ? {} : { validSeconds }),
      }),
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
    devices: (page) => get(`/api/devices?${query(page)}`),
    addDevices: (devices) => post('/api/devices/add', { devices }),
    removeDevice: async (id) => (await post<{ removed: boolean }>('/api/devices/remove', { id })).removed,
    rekeyDevice: (id, key) => post('/api/devices/rekey', { id, ...(key === undefined ? {} : { key }) }),
    commandDevice: async (id, command) =>
      (await post<{ number: number }>('/api/devices/command', { id, command })).number,
  };
}

/** One request to the admin API and its answer, which is what the route there says. Throws as `createAdminClient` does. */
export function createAdminCaller(
  url: string,
  token: string,
): (method: string, path: string, body?: unknown) => Promise<unknown> {
  return async (method, path, body) => {
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
    const error = errorIn(text);
    if (error !== undefined) throw error;
    throw new WaypostError('ERR_REFUSED', `the gateway answered ${response.status}: ${quote(text.trim(), 300)}`);
  };
}

/** An error of the operator there, to be thrown here: commands do not care where their operator is. */
function errorIn(text: string): WaypostError | undefined {
  if (!text.startsWith('{"error":{')) return undefined;
  const { error } = JSON.parse(text);
  if (!isJsonObject(error) || !isErrorCode(error.code)) return undefined;
  return new WaypostError(error.code, String(error.message), { retryable: error.retryable === true });
}

function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(ERROR_CODES, code);
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

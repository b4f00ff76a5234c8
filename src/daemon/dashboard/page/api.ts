import type { CheckGroup } from '../../check/finding.js';
import type { MessageSummary, Offered, Operator, Peer, Status, Why } from '../../operator/operator.js';
import type { LogLine } from '../log-ring.js';
import type { Session } from '../sessions.js';

/*
 * The admin API as the page uses it. The session is kept in `sessionStorage`: a cookie would also go to every other port
 * of this host, and would have to be guarded against requests that other pages cause.
 */

export type { CheckGroup, LogLine, MessageSummary, Peer, Status, Why };
export type Queue = Awaited<ReturnType<Operator['queues']>>[number];
export type Invitation = Awaited<ReturnType<Operator['invite']>>;

const KEY = 'waypost-session';
const ANSWER_MS = 15_000;
const NAME_CHARS = 32;

/** `kind`: the gateway does not answer, nobody is signed in (any more), or it refused with a reason. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly kind: 'away' | 'signed-out' | 'refused';

  constructor(kind: ApiError['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

export function isSignedIn(): boolean {
  return sessionStorage.getItem(KEY) !== null;
}

/** Exchanges a code of the terminal for a session. Throws {@link ApiError}. */
export async function signIn(code: string): Promise<void> {
  const { session } = await call<Session>('POST', '/api/sessions', { code });
  sessionStorage.setItem(KEY, session);
}

/** The session ends here even where the gateway cannot be told. */
export async function signOut(): Promise<void> {
  await call('POST', '/api/sessions/end', {}).catch(() => {});
  forget();
}

export const fetchStatus = (): Promise<Status> => call('GET', '/api/status');
export const fetchPeers = (): Promise<readonly Peer[]> => call('GET', '/api/peers');
export const fetchQueues = (limit: number): Promise<readonly Queue[]> => call('GET', `/api/queues?limit=${limit}`);
export const fetchWhy = (id: string): Promise<Why | null> => call('GET', `/api/why?${new URLSearchParams({ id })}`);
export const fetchChecks = (): Promise<readonly CheckGroup[]> => call('GET', '/api/checks');
export const invite = (validSeconds: number): Promise<Invitation> => call('POST', '/api/invitations', { validSeconds });
export const revoke = (id: string): Promise<unknown> => call('POST', '/api/invitations/revoke', { id });
export const purge = (destination: string): Promise<{ readonly purged: number }> =>
  call('POST', '/api/purge', { destination });

export function fetchMessages(destination: string, limit: number): Promise<readonly MessageSummary[]> {
  return call('GET', `/api/messages?${new URLSearchParams({ destination, limit: String(limit) })}`);
}

/**
 * One message as it would be pushed, with a name for its file. `after`: the one before it in its queue. Undefined when it left
 * meanwhile.
 */
export async function fetchMessage(
  destination: string,
  id: string,
  after: string | undefined,
): Promise<{ readonly name: string; readonly content: Uint8Array<ArrayBuffer> } | undefined> {
  const offered = await call<readonly Offered[]>('POST', '/api/courier/offer', { destination, after });
  const found = offered.find((each) => each.id === id);
  if (found === undefined) return undefined;
  const base64 = found.content.replaceAll('-', '+').replaceAll('_', '/');
  return {
    name: `${found.hash.slice(0, NAME_CHARS)}.dcem`,
    content: Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)),
  };
}

export async function fetchLog(): Promise<readonly LogLine[]> {
  return (await call<{ readonly lines: readonly LogLine[] }>('GET', '/api/log')).lines;
}

export async function fetchIsFirstRun(): Promise<boolean> {
  return (await call<{ readonly isPending: boolean }>('GET', '/api/first-run')).isPending;
}

export const finishFirstRun = (): Promise<unknown> => call('POST', '/api/first-run/finish', {});
export const rename = (name: string): Promise<unknown> => call('POST', '/api/name', { name });

/** Whether anybody was granted mediation yet. */
export async function fetchIsPaired(): Promise<boolean> {
  return (await call<readonly unknown[]>('GET', '/api/accounts?limit=1')).length > 0;
}

function forget(): void {
  sessionStorage.removeItem(KEY);
}

/** The other end is this very program; what it answers is what its types say. */
async function call<T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> {
  const session = sessionStorage.getItem(KEY);
  let response: Response;
  let text: string;
  try {
    response = await fetch(path, {
      method,
      headers: session === null ? {} : { authorization: `Bearer ${session}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    text = await response.text();
  } catch {
    throw new ApiError('away', 'The gateway does not answer.');
  }
  if (response.ok) return JSON.parse(text) as T;
  if (response.status === 401) {
    forget();
    throw new ApiError('signed-out', 'The session is over: the gateway was started again, or twelve hours passed.');
  }
  throw new ApiError('refused', messageIn(text) ?? `The gateway answered ${response.status}.`);
}

function messageIn(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: string | { message?: string } };
    return typeof error === 'string' ? error : error?.message;
  } catch {
    return undefined;
  }
}

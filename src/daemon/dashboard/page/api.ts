import type { CheckGroup } from '../../check/finding.js';
import type { MessageSummary, Offered, Operator, Peer, Status, Taken, Why } from '../../operator/operator.js';
import type { LogLine } from '../log-ring.js';
import type { Session } from '../sessions.js';
import type { BackupState } from '../tools/backup-download.js';
import type { Carried } from '../tools/carrying.js';
import type { RestoreState } from '../tools/restore-upload.js';
import type { StickPlace } from '../tools/sticks.js';

/*
 * The admin API as the page uses it. The session is kept in `sessionStorage`: a cookie would also go to every other port
 * of this host, and would have to be guarded against requests that other pages cause.
 */

export type { Carried, CheckGroup, LogLine, MessageSummary, Peer, RestoreState, Status, Taken, Why };
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
  return { name: `${found.hash.slice(0, NAME_CHARS)}.dcem`, content: fromBase64url(found.content) };
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

/** The sticks that are there, and what was done with one last. */
export const fetchSticks = (): Promise<{ readonly sticks: readonly StickPlace[]; readonly last: Carried | null }> =>
  call('GET', '/api/sticks');
export const exportTo = (folder: string): Promise<unknown> => call('POST', '/api/sticks/export', { folder });
export const importFrom = (folder: string, isForAnybody: boolean): Promise<unknown> =>
  call('POST', '/api/sticks/import', { folder, isForAnybody });

/** The texts of the QR codes in a PNG or JPEG. */
export async function readPicture(picture: Blob): Promise<readonly string[]> {
  return (await call<{ readonly texts: readonly string[] }>('POST', '/api/pictures', picture)).texts;
}

/** Brings a message to the gateway. `isForAnybody`: also one for somebody elsewhere who can be reached from there. */
export const bring = (message: Uint8Array, isForAnybody: boolean): Promise<Taken> =>
  call('POST', '/api/courier/take', { content: toBase64url(message), isForAnybody });

/** What waits for a destination behind the message `after`; nothing more when it is empty. */
export async function fetchOffered(
  destination: string,
  after: string | undefined,
): Promise<readonly { readonly id: string; readonly content: Uint8Array }[]> {
  const offered = await call<readonly Offered[]>('POST', '/api/courier/offer', { destination, after });
  return offered.map(({ id, content }) => ({ id, content: fromBase64url(content) }));
}

export const fetchBackup = (): Promise<BackupState> => call('GET', '/api/backup');
export const makeBackup = (passphrase: string): Promise<unknown> => call('POST', '/api/backup', { passphrase });
export const removeBackup = (): Promise<unknown> => call('POST', '/api/backup/remove', {});
/** The browser keeps a large one on its disk. */
export const fetchBackupFile = async (): Promise<Blob> => (await ask('GET', '/api/backup/file')).blob();

export const fetchRestore = (): Promise<RestoreState> => call('GET', '/api/restore');
export const uploadPiece = (piece: Blob, offset: number, wholeBytes: number): Promise<unknown> =>
  call('POST', `/api/restore/upload?offset=${offset}&wholeBytes=${wholeBytes}`, piece);
export const checkRestore = (passphrase: string | undefined): Promise<unknown> =>
  call('POST', '/api/restore/check', { passphrase });
export const confirmRestore = (): Promise<unknown> => call('POST', '/api/restore/confirm', {});
export const cancelRestore = (): Promise<unknown> => call('POST', '/api/restore/cancel', {});

function forget(): void {
  sessionStorage.removeItem(KEY);
}

/** The other end is this very program; what it answers is what its types say. */
async function call<T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> {
  const response = await ask(method, path, body, AbortSignal.timeout(ANSWER_MS));
  try {
    return (await response.json()) as T;
  } catch {
    throw away();
  }
}

/** `body`: a blob as it is, anything else as JSON. Throws {@link ApiError} for every answer but a good one. */
async function ask(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const session = sessionStorage.getItem(KEY);
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: session === null ? {} : { authorization: `Bearer ${session}` },
      ...(body === undefined ? {} : { body: body instanceof Blob ? body : JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch {
    throw away();
  }
  if (response.ok) return response;
  if (response.status === 401) {
    forget();
    throw new ApiError('signed-out', 'The session is over: the gateway was started again, or twelve hours passed.');
  }
  const text = await response.text().catch(() => '');
  throw new ApiError('refused', messageIn(text) ?? `The gateway answered ${response.status}.`);
}

function away(): ApiError {
  return new ApiError('away', 'The gateway does not answer.');
}

function messageIn(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: string | { message?: string } };
    return typeof error === 'string' ? error : error?.message;
  } catch {
    return undefined;
  }
}

function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0));
}

function toBase64url(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

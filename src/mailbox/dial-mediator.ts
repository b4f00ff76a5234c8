import { isWaypostError } from '../core/errors.js';
import type { Scheduler } from '../core/scheduler.js';
import type { Channel, Transport } from '../transport/transport.js';
import type { Correspondent } from './correspondent.js';

/** For addresses beside the most likely one. */
const OTHERS_MS = 2000;
/**
 * For likelier addresses when another one opened before them. Nobody proves who they are by opening a socket: the second
 * address of one gateway, such as its name in the local network, can be where another one listens.
 */
const MOMENT_MS = 500;

interface MediatorPlaces extends Pick<Correspondent, 'endpoints' | 'scheduler'> {
  readonly webSocket: Pick<Transport, 'dial'>;
  readonly http: Pick<Transport, 'dial'>;
}

/**
 * The likeliest WebSocket that opens, else a channel for POSTs, which says only when it is used whether anybody is there. All
 * addresses are tried at once, because a name that nobody knows can take long to fail, and for a short time only, because
 * the likely one may be back sooner. Throws what dialling the first address throws.
 */
export async function dialMediator(
  { endpoints, webSocket, http, scheduler }: MediatorPlaces,
  signal?: AbortSignal,
): Promise<Channel> {
  const others = new AbortController();
  const stop = signal === undefined ? others.signal : AbortSignal.any([signal, others.signal]);
  const attempts = endpoints.webSocket.map((address, index) =>
    webSocket.dial(address, { signal: index === 0 ? stop : AbortSignal.any([stop, AbortSignal.timeout(OTHERS_MS)]) }),
  );
  try {
    const channel = await likeliest(attempts, scheduler);
    others.abort();
    for (const attempt of attempts) void attempt.then((other) => closeUnless(other, channel)).catch(() => {});
    return channel;
  } catch (error) {
    const [failure]: unknown[] = error instanceof AggregateError ? error.errors : [error];
    // A peer that refuses the upgrade is there, and speaks HTTP.
    const [address] = endpoints.http;
    if (isWaypostError(failure, 'ERR_REFUSED') && address !== undefined) return http.dial(address);
    throw failure;
  }
}

/** The first that opens, unless one before it in the list does so within a moment. Throws an AggregateError when none does. */
async function likeliest(attempts: readonly Promise<Channel>[], scheduler: Scheduler): Promise<Channel> {
  const opened = await Promise.any(attempts.map(async (attempt, index) => ({ channel: await attempt, index })));
  let cancel = (): void => {};
  const moment = new Promise<undefined>((resolve) => {
    cancel = scheduler.after(MOMENT_MS, () => resolve(undefined));
  });
  try {
    for (const attempt of attempts.slice(0, opened.index)) {
      const channel = await Promise.race([attempt.catch(() => undefined), moment]);
      if (channel !== undefined) return channel;
    }
  } finally {
    cancel();
  }
  return opened.channel;
}

async function closeUnless(channel: Channel, kept: Channel): Promise<void> {
  if (channel !== kept) await channel[Symbol.asyncDispose]();
}

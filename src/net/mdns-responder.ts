import createMdns, { type MulticastDNS, type QueryPacket } from 'multicast-dns';
import type { Scheduler } from '../core/scheduler.js';
import { TokenBuckets } from '../core/token-bucket.js';
import { type Answer, type LocalService, type Reply, recordsOf, replyTo } from './mdns-records.js';

export interface ResponderOptions {
  readonly scheduler: Scheduler;
  readonly monotonicMs: () => number;
  /** Told what keeps it from working; it goes on trying where that is of use. */
  onTrouble(error: Error): void;
  /** UDP port; default 5353. */
  readonly port?: number;
}

const MDNS_PORT = 5353;
/** Answers to everybody together, so that nobody can have the network flooded in our name. */
const ANSWER_RATE = { perSecond: 5, burst: 20 };
/** Between the two announcements of RFC 6762, 8.3. */
const AGAIN_MS = 1000;
/** For the last word before the socket closes. */
const GOODBYE_MS = 500;
/** What an asker who is no mDNS responder itself may keep (RFC 6762, 6.7). */
const LEGACY_TTL = 10;

/**
 * Announces a service by multicast DNS (RFC 6762, over IPv4) and answers questions about it until it is disposed, which takes
 * it back. It never throws: a network without multicast is told to `onTrouble`, and no reason not to serve.
 */
export function announceService(service: LocalService, options: ResponderOptions): AsyncDisposable {
  const { scheduler, monotonicMs, onTrouble, port = MDNS_PORT } = options;
  const mdns = createMdns({ port });
  const rates = new TokenBuckets(ANSWER_RATE, 1, monotonicMs);
  const told = (error: Error | null | undefined): void => {
    if (error != null) onTrouble(error);
  };
  let cancel = (): void => {};
  mdns.on('error', told);
  mdns.on('warning', () => {}); // packets of others that make no sense, and interfaces without multicast
  mdns.on('query', (query, { address, port: askerPort }) => {
    const reply = replyTo(service, query.questions ?? []);
    if (reply === undefined || rates.take('everybody') > 0) return;
    if (askerPort === port) mdns.respond(reply, told);
    else mdns.respond(legacyReply(query, reply), { address, port: askerPort }, told);
  });
  mdns.on('ready', () => {
    mdns.respond([...recordsOf(service)], told);
    cancel = scheduler.after(AGAIN_MS, () => mdns.respond([...recordsOf(service)], told));
  });
  let closing: Promise<void> | undefined;
  return {
    [Symbol.asyncDispose]() {
      cancel();
      closing ??= sayGoodbye(mdns, service, scheduler);
      return closing;
    },
  };
}

/** As a name server answers: to the asker alone, with its question. */
function legacyReply(query: QueryPacket, reply: Reply) {
  const shortLived = (records: readonly Answer[]) =>
    records.map((record) => ({ ...record, ttl: LEGACY_TTL, flush: false }));
  const { id, questions = [] } = query;
  return { id, questions, answers: shortLived(reply.answers), additionals: shortLived(reply.additionals) };
}

async function sayGoodbye(mdns: MulticastDNS, service: LocalService, scheduler: Scheduler): Promise<void> {
  await new Promise<void>((resolve) => {
    const cancel = scheduler.after(GOODBYE_MS, resolve);
    mdns.respond([...recordsOf(service, 0)], () => {
      cancel();
      resolve();
    });
  });
  await new Promise<void>((resolve) => mdns.destroy(resolve));
}

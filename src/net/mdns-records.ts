import { isIPv4, isIPv6 } from 'node:net';
import type { QueryOutgoingPacket, ResponseOutgoingPacket } from 'multicast-dns';

/** A record, and a question about some. */
export type Answer = ResponseOutgoingPacket['answers'][number];
type Question = QueryOutgoingPacket['questions'][number];

/** A service of this machine as DNS-SD names it (RFC 6763, 4.1). */
export interface LocalService {
  /** For people, unique in the network; 63 bytes at most, without dots. */
  readonly instance: string;
  /** Such as `_didcomm._tcp`. */
  readonly type: string;
  /** The name of the machine, such as `pi.local`. */
  readonly host: string;
  readonly port: number;
  /** `key=value`, each 255 bytes at most. */
  readonly txt: readonly string[];
  /** IP addresses of the machine, asked for with each answer, because they change. */
  addresses(): readonly string[];
}

export interface Reply {
  readonly answers: Answer[];
  readonly additionals: Answer[];
}

/** Seconds that others may keep a record (RFC 6762, 10): what names the host changes sooner. */
const TTL = 4500;
const HOST_TTL = 120;
const ALL_TYPES = '_services._dns-sd._udp.local';

/** Everything that there is to say about a service; with a `ttl` of 0 that it is gone (RFC 6762, 10.1). */
export function recordsOf(service: LocalService, ttl?: number): readonly Answer[] {
  const { type, host, port, txt } = service;
  const types = `${type}.local`;
  const name = `${service.instance}.${types}`;
  const hosts = service.addresses().flatMap((data): Answer[] => {
    const common = { name: host, ttl: ttl ?? HOST_TTL, flush: true, data };
    if (isIPv4(data)) return [{ ...common, type: 'A' }];
    return isIPv6(data) ? [{ ...common, type: 'AAAA' }] : [];
  });
  return [
    { name: types, type: 'PTR', ttl: ttl ?? TTL, data: name },
    { name: ALL_TYPES, type: 'PTR', ttl: ttl ?? TTL, data: types },
    { name, type: 'SRV', ttl: ttl ?? HOST_TTL, flush: true, data: { target: host, port, priority: 0, weight: 0 } },
    { name, type: 'TXT', ttl: ttl ?? TTL, flush: true, data: [...txt] },
    ...hosts,
  ];
}

/** What is answered to questions; undefined when none of them is about the service. */
export function replyTo(service: LocalService, questions: readonly Question[]): Reply | undefined {
  const records = recordsOf(service);
  const isAsked = (record: Answer): boolean =>
    questions.some(
      ({ name, type }) => isSameName(name, record.name) && (type === record.type || String(type) === 'ANY'),
    );
  const answers = records.filter(isAsked);
  if (answers.length === 0) return undefined;
  return { answers, additionals: records.filter((record) => !answers.includes(record) && record.type !== 'PTR') };
}

function isSameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

import { createSocket } from 'node:dgram';
import { decode, encode, type Packet } from 'dns-packet';
import createMdns, { type ResponsePacket } from 'multicast-dns';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createScheduler } from '../../../src/core/scheduler.js';
import { type LocalService, recordsOf, replyTo } from '../../../src/net/mdns-records.js';
import { announceService } from '../../../src/net/mdns-responder.js';
import { hasMulticast } from '../../support/multicast.js';

const SERVICE: LocalService = {
  instance: 'Boat 7 a1b2c3',
  type: '_didcomm._tcp',
  host: 'pi.local',
  port: 8080,
  txt: ['txtvers=1', 'did=did:peer:3zQm'],
  addresses: () => ['192.0.2.7', 'fd00::7'],
};
const NAME = `${SERVICE.instance}._didcomm._tcp.local`;
/** Not that of mDNS: what else runs on this machine must not be heard. */
const PORT = 15_353 + (process.pid % 1000);

/** What somebody in the network hears in response, from now on. */
async function openListener(): Promise<{ ask: (name: string) => void; heard: ResponsePacket[] }> {
  const mdns = createMdns({ port: PORT });
  onTestFinished(() => new Promise<void>((resolve) => mdns.destroy(resolve)));
  const heard: ResponsePacket[] = [];
  mdns.on('response', (response) => heard.push(response));
  await new Promise<void>((resolve) => mdns.on('ready', resolve));
  return { ask: (name) => mdns.query(name, 'PTR'), heard };
}

const announce = (service = SERVICE) => {
  const errors: Error[] = [];
  const clock = { monotonicMs: () => performance.now() };
  const onTrouble = (error: Error) => void errors.push(error);
  return {
    errors,
    responder: announceService(service, { scheduler: createScheduler(), ...clock, onTrouble, port: PORT }),
  };
};

const ttlsOf = ({ answers = [] }: ResponsePacket): unknown[] => answers.map((answer) => 'ttl' in answer && answer.ttl);

describe('the records of a service', () => {
  it('answer a question for the kind of service with everything that is needed to connect', () => {
    const reply = replyTo(SERVICE, [{ name: '_DIDComm._tcp.local', type: 'PTR' }]);
    expect(reply?.answers).toEqual([expect.objectContaining({ type: 'PTR', data: NAME })]);
    expect(reply?.additionals).toEqual([
      expect.objectContaining({
        name: NAME,
        type: 'SRV',
        data: { target: 'pi.local', port: 8080, priority: 0, weight: 0 },
      }),
      expect.objectContaining({ name: NAME, type: 'TXT', data: SERVICE.txt }),
      expect.objectContaining({ name: 'pi.local', type: 'A', data: '192.0.2.7' }),
      expect.objectContaining({ name: 'pi.local', type: 'AAAA', data: 'fd00::7' }),
    ]);
  });

  it('answer what is asked, and nothing about others', () => {
    const answered = (name: string, type: 'A' | 'SRV' | 'TXT' | 'PTR') =>
      replyTo(SERVICE, [{ name, type }])?.answers.map((answer) => answer.type);
    expect(answered('PI.local', 'A')).toEqual(['A']);
    expect(answered(NAME, 'TXT')).toEqual(['TXT']);
    expect(answered('_services._dns-sd._udp.local', 'PTR')).toEqual(['PTR']);
    expect(answered('_http._tcp.local', 'PTR')).toBeUndefined();
    expect(answered('other.local', 'A')).toBeUndefined();
    expect(replyTo(SERVICE, [])).toBeUndefined();
  });

  it('can be written and read as DNS', () => {
    const answers = [...recordsOf(SERVICE)];
    expect(decode(encode({ type: 'response', answers })).answers).toHaveLength(answers.length);
  });
});

describe.skipIf(!(await hasMulticast()))('a service in a network', () => {
  it('is announced, answers, and takes itself back', async () => {
    const listener = await openListener();
    const { responder, errors } = announce();
    await expect.poll(() => listener.heard.length).toBeGreaterThan(0);
    listener.heard.length = 0;
    listener.ask('_didcomm._tcp.local');
    await expect.poll(() => listener.heard.length).toBeGreaterThan(0);
    expect(listener.heard[0]?.answers).toEqual([expect.objectContaining({ type: 'PTR', data: NAME, ttl: 4500 })]);
    listener.heard.length = 0;
    await responder[Symbol.asyncDispose]();
    await responder[Symbol.asyncDispose]();
    await expect.poll(() => listener.heard.some((response) => ttlsOf(response).includes(0))).toBe(true);
    expect(errors).toEqual([]);
  });

  it('answers who is no mDNS responder alone, with its question', async () => {
    await using _responder = announce().responder;
    const socket = createSocket('udp4');
    onTestFinished(() => new Promise<void>((resolve) => socket.close(() => resolve())));
    const answer = new Promise<Packet>((resolve) => socket.once('message', (bytes) => resolve(decode(bytes))));
    const question = encode({ type: 'query', id: 77, questions: [{ name: NAME, type: 'SRV' }] });
    const ask = () => socket.send(question, PORT, '224.0.0.251');
    const timer = setInterval(ask, 200);
    ask();
    expect(await answer).toMatchObject({ id: 77, questions: [{ name: NAME }], answers: [{ type: 'SRV', ttl: 10 }] });
    clearInterval(timer);
  });

  it('goes on after packets that are no DNS', async () => {
    await using _responder = announce().responder;
    const listener = await openListener();
    const socket = createSocket('udp4');
    onTestFinished(() => new Promise<void>((resolve) => socket.close(() => resolve())));
    // A name that points to itself, a count of questions that are not there, noise.
    const hostile = ['00000000000100000000000' + '0c00c000c0001', '0000000000ff000000000000', 'ff'.repeat(900)];
    for (const hex of hostile) socket.send(Buffer.from(hex, 'hex'), PORT, '224.0.0.251');
    listener.ask('_didcomm._tcp.local');
    await expect.poll(() => listener.heard.some((response) => ttlsOf(response).includes(4500))).toBe(true);
  });
});

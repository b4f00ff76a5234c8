import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../src/core/bytes.js';
import { createDid } from '../../../src/did/create.js';
import { recipientsOf } from '../../../src/gateway/courier/recipients.js';
import { readUpstreamOption } from '../../../src/gateway/upstream/options.js';
import { Pause } from '../../../src/gateway/upstream/pause.js';
import { planRegistrations } from '../../../src/gateway/upstream/registrations.js';
import { findMediator } from '../../../src/gateway/upstream/routes.js';
import { readVersions, UNDISCLOSED } from '../../../src/gateway/upstream/versions.js';
import type { Received } from '../../../src/protocols/protocol.js';
import type { Address, Transport } from '../../../src/transport/transport.js';
import { Agent } from '../../support/agent.js';
import { ManualClock } from '../../support/manual-clock.js';
import { ManualScheduler } from '../../support/manual-scheduler.js';
import { newIdentity, primitives, resolver } from '../../support/station.js';

describe('planRegistrations', () => {
  const names = (...dids: string[]) => new Map(dids.map((did) => [did, `${did}-long`]));

  test('adds what is missing, removes what is too much, leaves the rest alone', () => {
    expect(planRegistrations(names('a', 'b'), names('b', 'c'), new Set())).toEqual([
      { action: 'add', recipient_did: 'a-long' },
      { action: 'remove', recipient_did: 'c-long' },
    ]);
  });

  test('does not ask again for what was refused', () => {
    expect(planRegistrations(names('a', 'b'), names(), new Set(['a']))).toEqual([
      { action: 'add', recipient_did: 'b-long' },
    ]);
  });
});

describe('recipientsOf', () => {
  test('names the DID of a message without opening it', async () => {
    const [alice, bob] = [new Agent(), new Agent()];
    const packed = await alice.pack({ type: 'https://didcomm.org/empty/1.0/empty' }, bob.did);
    expect(recipientsOf(utf8(packed))).toEqual([bob.did]);
  });

  test.each([
    ['no recipients', '{"ciphertext":"x"}'],
    ['no ciphertext', '{"recipients":[{"header":{"kid":"did:example:1#1"}}]}'],
    [
      'recipients without a key',
      '{"ciphertext":"x","recipients":[null,{},{"header":{"kid":7}},{"header":{"kid":"x"}}]}',
    ],
  ])('nobody: %s', (_, text) => {
    expect(recipientsOf(utf8(text))).toEqual([]);
  });

  test('what is no JSON is an error, also when it is very deep', () => {
    expect(() => recipientsOf(utf8('no'))).toThrow(expect.objectContaining({ code: 'ERR_JSON_MALFORMED' }));
    expect(() => recipientsOf(utf8('['.repeat(1000)))).toThrow(expect.objectContaining({ code: 'ERR_TOO_LARGE' }));
  });
});

describe('readVersions', () => {
  const disclosed = (...ids: unknown[]): Received =>
    ({ message: { body: { disclosures: ids.map((id) => ({ id })) } } }) as unknown as Received;

  test('takes what is disclosed, the better of two first', () => {
    const answer = disclosed(
      'https://didcomm.org/coordinate-mediation/2.0',
      'https://didcomm.org/messagepickup/3.0',
      'https://didcomm.org/message-pickup/4.0',
    );
    expect(readVersions(answer)).toEqual({
      mediation: ['https://didcomm.org/coordinate-mediation/2.0'],
      pickup: ['https://didcomm.org/message-pickup/4.0', 'https://didcomm.org/messagepickup/3.0'],
    });
  });

  test('an answer that says nothing, or nonsense, rules nothing out', () => {
    expect(readVersions(disclosed())).toEqual(UNDISCLOSED);
    expect(readVersions(disclosed(7, 'x', 'a/1.0', null, 'https://didcomm.org/trust-ping/2.0'))).toEqual(UNDISCLOSED);
  });
});

describe('findMediator', () => {
  const transport = (scheme: string, duplex: boolean) =>
    ({
      schemes: [scheme],
      supports: { dial: true, listen: true, acknowledged: !duplex, duplex },
    }) as unknown as Transport;
  const transports = [transport('http', false), transport('ws', true)];
  const find = async (uris: readonly string[], mode: 'live' | 'poll' | 'auto') => {
    const services = uris.map((uri) => ({ t: 'dm', s: { uri } }));
    const { did } = createDid(primitives, { method: 'peer2', services });
    const transportFor = (address: Address) =>
      transports.find(({ schemes }) => schemes.includes(address.split(':')[0] ?? ''));
    return (await findMediator(resolver, did, mode, transportFor)).map(({ address }) => address);
  };
  const BOTH = ['http://m.example/', 'ws://m.example/', 'carrier-pigeon:coop'];

  test('what suits the mode comes first; what no transport is for is left out', async () => {
    expect(await find(BOTH, 'auto')).toEqual(['ws://m.example/', 'http://m.example/']);
    expect(await find(BOTH, 'poll')).toEqual(['http://m.example/', 'ws://m.example/']);
    expect(await find(BOTH, 'live')).toEqual(['ws://m.example/']);
    expect(await find(['http://m.example/'], 'auto')).toEqual(['http://m.example/']);
  });

  test('live mode without a connection that stays open is an error', async () => {
    await expect(find(['http://m.example/'], 'live')).rejects.toMatchObject({ code: 'ERR_NO_SERVICE' });
  });

  test('a mediator that is itself behind another one cannot be talked to', async () => {
    await expect(find([newIdentity('http://m.example/').did], 'auto')).rejects.toMatchObject({
      code: 'ERR_NO_SERVICE',
    });
  });
});

test('readUpstreamOption: a DID, or an invitation that says who it is from', () => {
  const did = newIdentity().did;
  const invitation = JSON.stringify({ id: 'i', type: 'https://didcomm.org/out-of-band/2.0/invitation', from: did });
  expect(readUpstreamOption({ did, mode: 'poll', pollIntervalMs: 5000 })).toEqual({
    did,
    invitationId: undefined,
    mode: 'poll',
    pollIntervalMs: 5000,
  });
  expect(readUpstreamOption({ invitation })).toMatchObject({ did, invitationId: 'i', mode: 'auto' });
  expect(() => readUpstreamOption({ did: 'mediator.example' })).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
  );
});

test('Pause: ends with the time, or when it rings, also when it rang before', async () => {
  const scheduler = new ManualScheduler(new ManualClock());
  const pause = new Pause(scheduler);
  const ended: string[] = [];
  const wait = (name: string) => pause.wait(1000).then(() => ended.push(name));
  void wait('time');
  await scheduler.advance(999);
  expect(ended).toEqual([]);
  await scheduler.advance(1);
  expect(ended).toEqual(['time']);
  void wait('rung');
  await scheduler.advance(1);
  pause.ring();
  await scheduler.advance(0);
  expect(ended).toEqual(['time', 'rung']);
  pause.ring();
  await wait('rung before');
  expect(ended).toHaveLength(3);
});

import { expect, test } from 'vitest';
import { withResolvers } from '../../../../src/core/with-resolvers.js';
import { PresentStations } from '../../../../transports/ble/present-stations.js';
import { type SeekOptions, SeekRules } from '../../../../transports/ble/seek-rules.js';

const idOf = (byte: number) => new Uint8Array(16).fill(byte);
const textOf = (byte: number) => byte.toString(16).padStart(2, '0').repeat(16);
const OWN = 0x50;

function setUp(whom: SeekOptions['whom'] = 'all') {
  const present = new PresentStations();
  const canonical = (did: string) => did.toLowerCase();
  const rules = new SeekRules({ whom, canonical, present, ownStation: textOf(OWN) });
  /** How long to leave it alone; undefined: a session may begin. */
  const wait = (station: number | undefined, did?: string, seeks = false) => {
    try {
      const text = station === undefined ? undefined : textOf(station);
      rules.check({ did, station: text, seeks, maxMessageBytes: 1 });
      return undefined;
    } catch (error) {
      return (error as { retryAfterMs: number }).retryAfterMs;
    }
  };
  const meet = (byte: number, isActive: boolean) => {
    const { promise, resolve } = withResolvers<void>();
    present.add({ stationId: idOf(byte), isActive, ended: promise });
    return async () => {
      resolve();
      await promise;
    };
  };
  return { present, rules, wait, meet };
}

test('of two stations that seek, the one with the lesser id connects, the other when that did not happen', () => {
  const { wait } = setUp();
  expect(wait(OWN + 1, undefined, true)).toBeUndefined();
  expect(wait(OWN - 1, undefined, true)).toBe(20_000);
  expect(wait(OWN - 1, undefined, true)).toBeUndefined();
  expect(wait(OWN - 1, undefined, true)).toBe(20_000);
  expect(wait(OWN - 1, undefined, false)).toBeUndefined(); // a sensor waits for ever
});

test('a session is enough, whoever began it', async () => {
  const { wait, meet } = setUp();
  const ends = [meet(1, true), meet(1, false)];
  for (const end of ends) {
    expect(wait(1)).toBe(60_000);
    await end();
  }
  expect(wait(1)).toBeUndefined();
});

test('when both connected at the same moment, one of the two sessions is one too many, on one side only', () => {
  const { rules, meet } = setUp();
  meet(OWN - 1, false);
  meet(OWN + 1, false);
  expect([OWN - 1, OWN + 1].map((byte) => rules.isOneTooMany(textOf(byte)))).toEqual([true, false]);
  expect(rules.isOneTooMany(undefined)).toBe(false);
});

test('not itself, and of a list nobody else', () => {
  expect(setUp().wait(OWN)).toBe(600_000);
  const { wait, rules } = setUp(['did:example:A']);
  expect(rules.needsDid).toBe(true);
  expect(wait(1, 'did:example:b')).toBe(600_000);
  expect(wait(1)).toBe(600_000);
  expect(wait(1, 'did:example:a')).toBeUndefined();
});

test('who is missing: nobody when all of a list are there, also when they came by themselves', async () => {
  const { wait, rules, meet } = setUp(['did:example:a', 'did:example:b']);
  expect(rules.isAnybodyMissing(['did:example:a'])).toBe(true);
  expect(rules.isAnybodyMissing(['did:example:A', 'did:example:b'])).toBe(false);
  wait(7, 'did:example:b');
  const end = meet(7, false);
  expect(rules.isAnybodyMissing(['did:example:a'])).toBe(false);
  await end();
  expect(rules.isAnybodyMissing(['did:example:a'])).toBe(true);
  expect(setUp().rules.isAnybodyMissing(['did:example:a'])).toBe(true);
});

import assert from 'node:assert/strict';
import { Decoder, Encoder } from 'cbor-x';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { concatBytes, utf8 } from '../../src/core/bytes.js';
import { scanCbor } from '../../src/core/cbor-scan.js';
import { compactEnvelope } from '../../src/link/compact/compact.js';
import { expandEnvelope } from '../../src/link/compact/expand.js';
import { NAMES, WORDS } from '../../src/link/compact/words.js';
import { runs } from '../support/fuzz.js';
import { assertSame, fuzz, onInput, orRefusal } from '../support/mutate.js';
import { sampleEnvelopes } from '../support/sample-envelopes.js';

/* What is made compact comes back byte for byte; what a stranger made expands to something bounded, or is refused. */

const LIMIT_BYTES = 20_000;
const encoder = new Encoder({ useRecords: false, mapsAsObjects: false, tagUint8Array: false });
const decoder = new Decoder({ useRecords: false, mapsAsObjects: false });

const envelopes = (await sampleEnvelopes()).map(({ packed }) => utf8(packed));
const compacts = envelopes.map((bytes) => compactEnvelope(bytes) ?? bytes);

const text = fc.oneof(
  fc.constantFrom(...WORDS, '', '#1', 'did:a#1', 'did:a#2', 'did:peer:2.Ez6LS#1', 'AAAA', 'AB', 'eyJhIjoxfQ'),
  fc.string({ maxLength: 8, unit: 'binary' }),
  fc.string({ maxLength: 8, unit: fc.constantFrom('A', 'z', '-', '_', '0') }),
);
const scalar = fc.oneof(text, text, fc.nat(), fc.integer(), fc.double(), fc.boolean(), fc.constant(null));
const name = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...NAMES) }, fc.string({ maxLength: 4, unit: 'binary' }));
const json: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(name, tie('value'), { maxKeys: 6 }),
  ),
})).value;
const recipient = fc.record({ header: fc.record({ kid: text }), encrypted_key: text });
const header = fc
  .dictionary(name, json, { maxKeys: 6 })
  .map((value) => Buffer.from(JSON.stringify(value)).toString('base64url'));
const envelope = fc.oneof(
  fc.dictionary(name, json, { maxKeys: 8 }),
  fc.record({
    protected: fc.oneof(header, json),
    recipients: fc.array(recipient, { maxLength: 4 }),
    iv: text,
    tag: text,
  }),
);

/** Shorter and whole, or not compact at all. */
function expectBack(message: Uint8Array): void {
  const compact = compactEnvelope(message);
  if (compact === undefined) return;
  assert(compact.length < message.length);
  assertSame(expandEnvelope(compact, message.length), message);
}

describe('what is made compact comes back', () => {
  test('anything that JSON can say', () =>
    fc.assert(
      fc.property(envelope, (value) => expectBack(utf8(JSON.stringify(value)))),
      runs(1000),
    ));

  test('an envelope that was damaged before', () =>
    fuzz(50, (mutator) => {
      const damaged = mutator.damaged(mutator.pick(envelopes), mutator.pick(envelopes));
      onInput(damaged, () => expectBack(damaged));
    }));

  test('any bytes', () =>
    fuzz(50, (mutator) => {
      const bytes = mutator.bytes(100);
      onInput(bytes, () => expectBack(bytes));
    }));
});

describe('a compact envelope from a stranger', () => {
  /** Refused, or JSON within the limit. */
  function expectBounded(compact: Uint8Array): void {
    const expanded = orRefusal(() => expandEnvelope(compact, LIMIT_BYTES));
    if (expanded === undefined) return;
    assert(expanded.length <= LIMIT_BYTES);
    assert.equal(typeof JSON.parse(Buffer.from(expanded).toString()), 'object');
  }

  test('damaged', () =>
    fuzz(100, (mutator) => {
      const damaged = mutator.damaged(mutator.pick(compacts), mutator.pick(compacts));
      onInput(damaged, () => expectBounded(damaged));
    }));

  test('made of anything', () =>
    fuzz(100, (mutator) => {
      const input = concatBytes(Uint8Array.of(1, 0xa0 + mutator.below(8)), mutator.bytes(80));
      onInput(input, () => expectBounded(input));
    }));
});

describe('the look through CBOR', () => {
  /** First bytes of what cbor-x writes otherwise: floats, and integers beyond 32 bits. */
  const FLOAT_OR_LONG = [0x1b, 0x3b, 0xf9, 0xfa, 0xfb];

  /** What passes is decoded without an error, and is the same when it is encoded again. */
  function expectAgreement(input: Uint8Array): void {
    const limits = { maxBytes: 1000, maxDepth: 20, maxItems: 200 };
    const passes = orRefusal(() => {
      scanCbor(input, limits, 'input');
      return true;
    });
    if (passes === undefined) return;
    const decoded: unknown = decoder.decode(input);
    const again = new Uint8Array(encoder.encode(decoded));
    scanCbor(again, { ...limits, maxBytes: 8 * limits.maxBytes }, 'what was encoded again');
    assert.deepEqual(decoder.decode(again), decoded);
    if (!input.some((byte) => FLOAT_OR_LONG.includes(byte))) assertSame(again, input);
  }

  test('passes nothing that cbor-x cannot take: damaged', () =>
    fuzz(100, (mutator) => {
      const damaged = mutator.damaged(mutator.pick(compacts).subarray(1), mutator.pick(compacts));
      onInput(damaged, () => expectAgreement(damaged));
    }));

  test('passes nothing that cbor-x cannot take: anything', () =>
    fuzz(250, (mutator) => {
      const input = concatBytes(Uint8Array.of(mutator.below(256)), mutator.bytes(mutator.pick([6, 30])));
      onInput(input, () => expectAgreement(input));
    }));
});

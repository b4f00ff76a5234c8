import fc from 'fast-check';

/* What a message may hold: the corners of JSON, of Unicode, of JavaScript objects, and of block sizes. */

const KiB = 1024;
const MiB = 1024 * KiB;

/** Any text: all planes of Unicode, and halves of surrogate pairs, which JSON can write but UTF-8 cannot. */
const anyText = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.oneof(fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }), fc.constant('\ud800')) }),
  fc.constantFrom('', '\udfff', '\u0000', '\ufeff', '\u2028', '"\\', '\\ud800'),
);

/** Names that mean something to JavaScript where an object is used as a map, among others. */
const anyName = fc.oneof(anyText, fc.constantFrom('__proto__', 'constructor', 'toString', 'toJSON', 'then', '0'));

const { value: anyJson, object: anyJsonObject } = fc.letrec<{ value: unknown; object: Record<string, unknown> }>(
  (tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      anyText,
      fc.constantFrom(null, true, false),
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.array(tie('value'), { maxLength: 4 }),
      tie('object'),
    ),
    object: objectOf(tie('value')),
  }),
);

/** fromEntries defines members instead of assigning them, so that "__proto__" becomes one. */
function objectOf(values: fc.Arbitrary<unknown>): fc.Arbitrary<Record<string, unknown>> {
  return fc.array(fc.tuple(anyName, values), { maxLength: 4 }).map((entries) => Object.fromEntries(entries));
}

/** Sizes around the blocks of the ciphers and of base64, and any other up to a few kilobytes. */
const bodyOfSomeSize = fc
  .oneof(fc.constantFrom(0, 1, 2, 3, 15, 16, 17, 63, 64, 65, 127, 128), fc.integer({ min: 0, max: 5 * KiB }))
  .map((size) => ({ text: 'x'.repeat(size) }));

export const anyBody = fc.oneof(bodyOfSomeSize, anyJsonObject);

/** A text of a megabyte, in characters of one, two and four bytes. */
export const largeBody = fc
  .tuple(fc.constantFrom(MiB - 1, MiB, MiB + 1), fc.constantFrom('x', 'ü', '\u{1f33b}'))
  .map(([size, unit]) => ({ text: unit.repeat(Math.ceil(size / new TextEncoder().encode(unit).length)) }));

/** Headers that the specification gives a meaning to. */
const KNOWN_HEADERS = new Set([
  ...['id', 'typ', 'type', 'to', 'from', 'thid', 'pthid', 'created_time', 'expires_time', 'body', 'attachments'],
  ...['from_prior', 'please_ack', 'ack'],
]);

/** Members of envelopes that do not make a whole one. */
const partOfEnvelope = fc.subarray(['ciphertext', 'payload', 'signature', 'iv', 'tag', 'recipients'] as const);

/** Headers that nobody has a meaning for, sometimes with the names of members of envelopes. */
export const unknownHeaders = fc.tuple(objectOf(anyJson), partOfEnvelope, anyJson).map(([headers, members, value]) => ({
  ...Object.fromEntries(Object.entries(headers).filter(([name]) => !KNOWN_HEADERS.has(name))),
  ...Object.fromEntries(members.map((member) => [member, value])),
}));

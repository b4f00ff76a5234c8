import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isWaypostError } from '../../../src/core/errors.js';
import { createNoblePrimitives } from '../../../src/crypto/noble.js';
import { createNodePrimitives } from '../../../src/crypto/node.js';
import { createCast } from '../../support/cast.js';
import { addressingRules } from './rules/addressing.js';
import { fromPriorRules } from './rules/from-prior.js';
import { jweBodyRules } from './rules/jwe-body.js';
import { jweHeaderRules } from './rules/jwe-header.js';
import { jwsRules } from './rules/jws.js';
import { nestingRules } from './rules/nesting.js';
import { plaintextRules } from './rules/plaintext.js';
import { spellingRules } from './rules/spellings.js';

/*
 * Every rule that `unpack` enforces and every oddity that it accepts. The tables are in rules/, one file a subject;
 * each line of them is a test here and a line in docs/envelopes.md.
 */

const SUBJECTS = [
  nestingRules,
  jweHeaderRules,
  jweBodyRules,
  jwsRules,
  addressingRules,
  spellingRules,
  plaintextRules,
  fromPriorRules,
];

for (const primitives of [createNodePrimitives(), createNoblePrimitives()]) {
  const cast = await createCast(primitives);

  /** The code of the error that a message is refused with. */
  const refusal = (packed: string | Uint8Array): Promise<string> =>
    cast.receiver.unpack(packed).then(
      () => 'accepted',
      (error: unknown) => (isWaypostError(error) ? error.code : `not a WaypostError: ${String(error)}`),
    );

  for (const { subject, refused, accepted } of SUBJECTS) {
    describe(`${subject}, ${primitives.name} primitives`, () => {
      for (const { rule, section, code, broken } of refused) {
        test(`refused with ${code}: ${rule} (${section})`, async () => {
          const examples = broken(cast);
          expect(examples.length).toBeGreaterThan(0);
          expect(await Promise.all(examples.map(refusal))).toEqual(examples.map(() => code));
        });
      }
      for (const { oddity, section, accepted: examples, result } of accepted) {
        test(`accepted: ${oddity} (${section})`, async () => {
          const packedExamples = examples(cast);
          expect(packedExamples.length).toBeGreaterThan(0);
          for (const packed of packedExamples) {
            const opened = await cast.receiver.unpack(packed);
            expect(opened.message.type).toBe(cast.message().type);
            expect(opened).toMatchObject(result?.(cast) ?? {});
          }
        });
      }
    });
  }
}

describe('docs/envelopes.md', () => {
  test.each(SUBJECTS)('has the tables of: $subject', ({ subject, refused, accepted }) => {
    const page = readFileSync(resolve(process.cwd(), 'docs/envelopes.md'), 'utf8');
    const rows = [
      ...refused.map(({ rule, section, code }) => `| ${rule} | ${section} | \`${code}\` |`),
      ...accepted.map(({ oddity, section }) => `| ${oddity} | ${section} |`),
    ];
    const start = page.indexOf(`### ${subject}\n`);
    const end = page.indexOf('\n#', start + 1);
    const rest = page.slice(start, end < 0 ? undefined : end);
    expect(start).toBeGreaterThan(0);
    expect(rest.split('\n').filter((line) => /^\| (?!Refused|Accepted|-)/.test(line))).toEqual(rows);
  });
});

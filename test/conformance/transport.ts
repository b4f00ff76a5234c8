import { describe, test } from 'vitest';
import type { TransportSupport } from '../../src/transport/transport.js';
import { closingCases } from './transport-closing.js';
import { type TransportFixture, withConnection } from './transport-connection.js';
import { messageCases } from './transport-messages.js';
import { settlingCases } from './transport-settling.js';

/*
 * What every transport has to do, whatever its medium: one suite, run on each of them, and on deliberately broken ones
 * that must fail it (broken-transports.test.ts).
 */

/** The cases are data: `failuresOf` runs them too, and looks at which of them fail. */
const transportCases = [...messageCases, ...settlingCases, ...closingCases];

/** Names of the cases that a transport fails. */
export async function failuresOf(open: () => Promise<TransportFixture>): Promise<string[]> {
  const failures: string[] = [];
  for (const { name, needs, run } of transportCases) {
    await using fixture = await open();
    if (needs !== undefined && !needs(fixture.transport.supports)) continue;
    try {
      await withConnection(fixture, run);
    } catch {
      failures.push(name);
    }
  }
  return failures;
}

/**
 * Runs the suite. `supports` is what the transport says of itself, given apart because tests are collected before a
 * fixture can be opened; a fixture whose transport says something else fails. What is not supported is skipped.
 */
export function describeTransport(
  name: string,
  supports: TransportSupport,
  open: () => Promise<TransportFixture>,
): void {
  describe(`the transport ${name}`, () => {
    test('says what it supports', async ({ expect }) => {
      await using fixture = await open();
      expect(fixture.transport.supports).toEqual(supports);
      expect(fixture.transport.schemes.length).toBeGreaterThan(0);
    });
    for (const { name: title, needs, run } of transportCases) {
      test.skipIf(needs !== undefined && !needs(supports))(title, async () => {
        await using fixture = await open();
        await withConnection(fixture, run);
      });
    }
  });
}

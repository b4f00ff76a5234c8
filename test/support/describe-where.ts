import { describe, expect, test } from 'vitest';

/**
 * Declares a suite that needs something of this machine. Where that is missing, which `notice` says, the suite is shown as
 * skipped, or fails with WAYPOST_CI=1: nobody takes a run without it for a full one.
 */
export function describeWhere(notice: string | undefined, title: string, declare: () => void): void {
  if (notice === undefined) describe(title, declare);
  else if (process.env.WAYPOST_CI === '1')
    test(title, () => expect.fail(`${notice}, which WAYPOST_CI=1 does not allow`));
  else {
    process.stderr.write(`${title}: skipped, ${notice}\n`); // most reporters show only how many were skipped
    describe.skip(`${title}: skipped, ${notice}`, () => test('needs what is missing', () => {}));
  }
}

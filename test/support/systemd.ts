import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';

const PROGRAMS = ['systemctl', 'systemd-analyze', 'systemd-sysusers'];
const missing = PROGRAMS.find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status !== 0);
/** It gives files in the scratch folder to users that it makes there. */
const reason = missing ?? (process.getuid?.() === 0 ? undefined : 'root');

/** Declares a suite that needs systemd's programs, and root for them. Else it is shown as skipped, or fails with WAYPOST_CI=1. */
export function describeSystemd(title: string, declare: () => void): void {
  if (reason === undefined) describe(title, declare);
  else if (process.env.WAYPOST_CI === '1')
    test(title, () => expect.fail(`there is no ${reason}, which WAYPOST_CI=1 does not allow`));
  else {
    process.stderr.write(`${title}: skipped, there is no ${reason}\n`);
    describe.skip(`${title}: skipped, there is no ${reason}`, () => test(`needs ${reason}`, () => {}));
  }
}

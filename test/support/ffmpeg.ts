import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';

const isThere = spawnSync('ffmpeg', ['-version'], { stdio: 'ignore' }).status === 0;

/** Declares a suite that needs ffmpeg. Where it is absent, the suite is shown as skipped, or fails with WAYPOST_CI=1. */
export function describeFfmpeg(title: string, declare: () => void): void {
  if (isThere) describe(title, declare);
  else if (process.env.WAYPOST_CI === '1')
    test(title, () => expect.fail('ffmpeg is absent, which WAYPOST_CI=1 does not allow'));
  else {
    process.stderr.write(`${title}: skipped, ffmpeg is absent\n`);
    describe.skip(`${title}: skipped, ffmpeg is absent`, () => test('needs ffmpeg', () => {}));
  }
}

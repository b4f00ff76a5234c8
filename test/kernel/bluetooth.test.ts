import { expect, test } from 'vitest';
import { missingParts, runInMachine } from './machine.js';
import type { StationsReport } from './stations.js';

/*
 * Everywhere else the packages speak to a controller of `firmware-sim` through a socket class of ours. Here they are as
 * they are delivered, with their own native sockets, and between them is the Bluetooth of a real kernel.
 */

const BOOT_AND_RUN_MS = 8 * 60_000;
const MESSAGE_BYTES = 100_000;

const missing = missingParts();
const title = 'through the kernel: 100 KB from a phone to the gateway and 100 KB back';

if (missing.length > 0) {
  const notice = `skipped, not here: ${missing.join(', ')}`;
  if (process.env.WAYPOST_CI === '1') test(title, () => expect.fail(notice));
  else {
    process.stderr.write(`${title}: ${notice}\n`);
    test.skip(`${title}: ${notice}`, () => {});
  }
} else {
  // Twice, each time with a new boot: once may be luck.
  test(title, { timeout: BOOT_AND_RUN_MS + 30_000, repeats: 1 }, async () => {
    const run = await runInMachine('test/kernel/stations.ts', BOOT_AND_RUN_MS);
    expect(run.output, `the guest said nothing; its console:\n${run.console}`).toMatch(/^\{.*\}\s*$/);
    const { kernel, elapsedMs, moved, sentBytes }: StationsReport = JSON.parse(run.output);
    process.stderr.write(
      `Linux ${kernel}: ${moved.map((each) => `${each.elapsedMs} ms`).join(' and ')} of ${elapsedMs}\n`,
    );
    expect(moved).toEqual([
      { bytes: MESSAGE_BYTES, isIntact: true, elapsedMs: expect.any(Number) },
      { bytes: MESSAGE_BYTES, isIntact: true, elapsedMs: expect.any(Number) },
    ]);
    // Not around the kernel: it gave each controller more than the message that left there.
    expect(sentBytes).toHaveLength(2);
    expect(Math.min(...sentBytes)).toBeGreaterThan(MESSAGE_BYTES);
  });
}

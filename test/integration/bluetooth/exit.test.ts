import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { describePackages } from '../../support/bluetooth/describe-packages.js';

describePackages('a program that stopped noble and bleno', (family) => {
  test('ends by itself, without an error', async () => {
    const program = ['--import', './test/support/typescript-hook.mjs', 'test/support/bluetooth/short-run.ts', family];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, program, { timeout: 20_000 });
    expect(stdout).toBe('stopped\n');
    expect(stderr).toBe('');
  });
});

import { lstat, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openPty } from '../../../firmware-sim/line/pty.js';
import { canMakePtys } from '../../support/pty-lines.js';

async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'waypost-pty-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

describe.skipIf(!canMakePtys())('a pseudo terminal', () => {
  test('takes the place of one that a killed process left behind, and vanishes when disposed', async () => {
    const place = path.join(await freshFolder(), 'tty');
    await symlink('/dev/pts/99999', place);
    const pty = await openPty(place);
    expect((await lstat(place)).isSymbolicLink()).toBe(true);
    await writeFile(place, 'hello');
    const { value } = await pty.output[Symbol.asyncIterator]().next();
    expect(String(value)).toBe('hello');
    await pty[Symbol.asyncDispose]();
    await expect(lstat(place)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('does not take the place of a file', async () => {
    const place = path.join(await freshFolder(), 'letter');
    await writeFile(place, 'precious');
    await expect(openPty(place)).rejects.toMatchObject({
      code: 'ERR_SERIAL_PORT',
      message: expect.stringContaining('there is something else at'),
    });
    expect(await readFile(place, 'utf8')).toBe('precious');
  });
});

import { readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Commands, Shown } from '../support/docs/blocks.js';
import type { Network } from '../support/docs/own-network.js';
import { Terminals } from '../support/docs/terminals.js';
import { testFolder } from '../support/processes.js';

const here: Network = { prefix: [], [Symbol.asyncDispose]: async () => {} };
const open = (folder = os.tmpdir()) => new Terminals({ network: here, folder, env: { PATH: process.env.PATH ?? '' } });

const commands = (text: string, how: Partial<Commands> = {}): Commands => ({
  place: 'a document:1',
  text,
  terminal: '1',
  isLeftRunning: false,
  endsFirst: false,
  ...how,
});
const shown = (...lines: string[]): Shown => ({ place: 'a document:2', terminal: '1', lines });
const LEFT = { isLeftRunning: true };

describe('typing what a document says', () => {
  it('sees what the last commands wrote, in order, and not what those before them did', async () => {
    await using terminals = open();
    await terminals.run(commands('echo one; echo two >&2'));
    await terminals.expect(shown('one', 'two'));
    await terminals.run(commands('echo three'));
    await expect(terminals.expect(shown('one'))).rejects.toThrow('a document:2: terminal 1 does not show\n  one');
  });

  it('fails with a command that fails, also in front of others and in a pipe, and with a variable that nobody set', async () => {
    await using terminals = open();
    for (const text of ['false; true', 'false | cat', 'echo "$NOBODY_SET_THIS"']) {
      await expect(terminals.run(commands(text)), text).rejects.toThrow('a document:1: exit code 1');
    }
  });

  it('fails where a line is never shown, as soon as nobody can show it any more', async () => {
    await using terminals = open();
    await terminals.run(commands('echo begun; sleep 0.05', LEFT));
    await expect(terminals.expect(shown('begun', 'done'))).rejects.toThrow('does not show\n  done');
  });

  it('leaves running until Ctrl-C, which has to end it', async () => {
    await using terminals = open();
    await terminals.run(commands('trap exit INT; echo begun; while :; do sleep 0.02; done', LEFT));
    await terminals.expect(shown('begun'));
    await expect(terminals.run(commands('true'))).rejects.toThrow('something still runs in terminal 1');
    await terminals.run(commands('echo next', { endsFirst: true }));
    await terminals.expect(shown('next'));
    await expect(terminals.run(commands('true', { endsFirst: true }))).rejects.toThrow('nothing runs that Ctrl-C');
  });

  it('ends everything with itself, also what a command started', async () => {
    const folder = await testFolder();
    {
      await using terminals = open(folder);
      await terminals.run(commands('sleep 60 & echo "$!" > pid; echo begun; wait', LEFT));
      await terminals.expect(shown('begun'));
    }
    const pid = Number(await readFile(path.join(folder, 'pid'), 'utf8'));
    await expect.poll(() => isThere(pid)).toBe(false);
  });
});

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

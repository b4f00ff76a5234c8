import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { main } from '../../src/daemon/cli.js';
import { documents, readBlocks } from '../support/docs/blocks.js';

/*
 * Commands that documents only mention, in a sentence or in a block that no test can execute: at least there have to be such
 * commands, with such options.
 */

/** `waypost device ping t1 --data DIR` as its words. */
function mentionsIn(file: string): readonly (readonly string[])[] {
  const prose = readFileSync(file, 'utf8').replace(/^ *```[\s\S]*?^ *```$/gm, '');
  const spans = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span);
  const blocks = readBlocks(file).filter(({ kind }) => kind === 'console');
  const lines = blocks.flatMap(({ text }) => text.replaceAll('\\\n', ' ').split('\n'));
  return [...spans, ...lines].flatMap((line) => {
    const [, command] =
      /^(?:\$ |[A-Z_]+=\S+ |sudo (?:-u \w+ )?|docker exec waypost |npx )*waypost ([^|>#;&]+)/.exec(line) ?? [];
    return command === undefined ? [] : [command.trim().split(/\s+/)];
  });
}

async function helpOf(path: readonly string[]): Promise<string> {
  let help = '';
  const stdout = {
    write: (text: string) => {
      help += text;
    },
  };
  await main({
    argv: ['node', 'waypost', ...path, '--help'],
    stdin: (async function* () {})(),
    stdout,
    stderr: stdout,
  });
  return help;
}

/** What of a mentioned command there is not. */
async function unknownIn(words: readonly string[]): Promise<readonly string[]> {
  const path: string[] = [];
  let help = await helpOf(path);
  for (const word of words) {
    if (!new RegExp(`^  ${word}(\\|\\w+)? `, 'm').test(help.split('\nCommands:\n')[1] ?? '')) break;
    path.push(word);
    help = await helpOf(path);
  }
  const [first = ''] = words;
  const unknown = path.length === 0 && !first.startsWith('-') ? [first] : [];
  const options = words.filter((word) => word.startsWith('-')).map((word) => word.replace(/=.*|\W+$/g, ''));
  return [...unknown, ...options.filter((option) => !new RegExp(`(^|[ ,])${option}[ ,]`, 'm').test(`${help} `))];
}

describe('commands that are only mentioned', () => {
  it.each(documents())('in %s', async (file) => {
    const wrong: string[] = [];
    for (const words of mentionsIn(file)) {
      for (const unknown of await unknownIn(words)) wrong.push(`${unknown} in "waypost ${words.join(' ')}"`);
    }
    expect(wrong).toEqual([]);
  });

  it('are noticed when there is no such command or option', async () => {
    expect(await unknownIn(['device', 'add', 't1', '--base-unit', 'Cel'])).toEqual([]);
    expect(await unknownIn(['device', 'add', 't1', '--unit', 'Cel'])).toEqual(['--unit']);
    expect(await unknownIn(['devices'])).toEqual(['devices']);
    expect(mentionsIn('README.md')).toContainEqual(['check']);
  });
});

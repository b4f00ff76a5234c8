import { readdir, readFile, stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

async function foldersOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

const isThere = (file: string) =>
  stat(file).then(
    () => true,
    () => false,
  );

describe('src/ARCHITECTURE.md', async () => {
  const markdown = await readFile('src/ARCHITECTURE.md', 'utf8');
  const named = new Set([...markdown.matchAll(/`([^`\n]+)`/g)].map(([, name = '']) => name));

  it.each(['src', 'src/daemon', 'transports', 'firmware-sim', 'test'])('names every folder of %s', async (parent) => {
    const missing = (await foldersOf(parent)).filter((name) => !named.has(name) && !named.has(`${parent}/${name}`));
    expect(missing).toEqual([]);
  });

  it('names no file that is not there', async () => {
    const files = [...named].filter((name) => /^[\w-]+\/.*\.ts$/.test(name));
    expect(files.length).toBeGreaterThan(30);
    const missing = [];
    for (const file of files) if (!(await isThere(`src/${file}`)) && !(await isThere(file))) missing.push(file);
    expect(missing).toEqual([]);
  });

  it('numbers the reading order without gaps', () => {
    const [, order = ''] = markdown.split('## Reading order');
    const numbers = [...order.matchAll(/^(\d+)\. /gm)].map(([, number]) => Number(number));
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });
});

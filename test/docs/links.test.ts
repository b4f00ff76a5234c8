import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { anchorsIn, linksIn } from './markdown-links.js';

const INDEX = 'docs/README.md';
/** In backticks, without placeholders. */
const REPOSITORY_PATH = /`((?:src|transports|firmware-sim|test|scripts|docs|docker)\/[\w./-]+)`/g;

/** The documents of the repository, by their path from its root. */
async function readDocuments(): Promise<ReadonlyMap<string, string>> {
  const found = await Promise.all(
    ['docs', 'src'].map(async (folder) => {
      const names = await readdir(folder, { recursive: true });
      return names.filter((name) => name.endsWith('.md')).map((name) => path.join(folder, name));
    }),
  );
  const files = ['README.md', 'CHANGELOG.md', ...found.flat().sort()];
  return new Map(await Promise.all(files.map(async (file) => [file, await readFile(file, 'utf8')] as const)));
}

describe('the documents', () => {
  let documents: ReadonlyMap<string, string>;
  beforeAll(async () => {
    documents = await readDocuments();
  });

  it('link to nothing that is not there', async () => {
    const broken: string[] = [];
    let count = 0;
    for (const [file, markdown] of documents) {
      for (const link of linksIn(file, markdown)) {
        count++;
        const isThere = await stat(link.file).catch(() => undefined);
        const linked = documents.get(link.file);
        const hasAnchor = link.anchor === '' || linked === undefined || anchorsIn(linked).has(link.anchor);
        if (isThere === undefined || !hasAnchor) broken.push(`${file}: ${link.target}`);
      }
    }
    expect(broken).toEqual([]);
    expect(count).toBeGreaterThan(100);
  });

  it('are all in the index', () => {
    const listed = new Set(linksIn(INDEX, documents.get(INDEX) ?? '').map(({ file }) => file));
    const missing = [...documents.keys()].filter(
      (file) => file.startsWith('docs/') && file !== INDEX && !listed.has(file),
    );
    expect(missing).toEqual([]);
  });

  it('name files and folders of the repository that are there', async () => {
    const missing: string[] = [];
    for (const [file, markdown] of documents) {
      if (file === 'CHANGELOG.md' || file.startsWith('src/adr/')) continue; // what was so when they were written
      for (const [, name = ''] of markdown.matchAll(REPOSITORY_PATH)) {
        if (name.includes('NAME')) continue; // to be filled in
        if ((await stat(name).catch(() => undefined)) === undefined) missing.push(`${file}: ${name}`);
      }
    }
    expect(missing).toEqual([]);
  });
});

describe('the reading of links', () => {
  it('knows files, anchors and code', () => {
    const links = linksIn(
      'docs/a.md',
      '[x](b.md#c) [y](#here) ![p](p.png "title") `[no](no.md)` [w](https://e.org)\n\n    [no](no.md)\n',
    );
    expect(links).toEqual([
      { target: 'b.md#c', file: 'docs/b.md', anchor: 'c' },
      { target: '#here', file: 'docs/a.md', anchor: 'here' },
      { target: 'p.png', file: 'docs/p.png', anchor: '' },
    ]);
  });

  it('names headings as GitHub does', () => {
    const anchors = anchorsIn('# What `did:web` is\n## Twice\n```\n# no\n```\n## Twice\n### [asyncIterator]\\(\\)\n');
    expect([...anchors]).toEqual(['what-didweb-is', 'twice', 'twice-1', 'asynciterator']);
  });
});

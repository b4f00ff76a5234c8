import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildWebPeer } from '../../../scripts/build-web-peer.mjs';

const LIMIT_BYTES = 250_000;

describe('the files of the web peer', () => {
  let folder: string;
  let files: ReadonlyMap<string, Buffer>;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'waypost-web-peer-'));
    await buildWebPeer(folder);
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => path.join(parentPath, name));
    files = new Map(await Promise.all(paths.map(async (file) => [file, await readFile(file)] as const)));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('are small enough for a slow network', () => {
    const bytes = [...files.values()].reduce((sum, content) => sum + gzipSync(content).length, 0);
    expect(files.size).toBeGreaterThan(2);
    expect(bytes).toBeLessThan(LIMIT_BYTES);
  });

  it('have no script and no style in the page itself, and nothing from elsewhere', () => {
    const [page] = [...files].filter(([file]) => file.endsWith('index.html')).map(([, content]) => String(content));
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/<style|\son\w+=|\sstyle=|https?:\/\//);
    expect(page).not.toMatch(/<script(?![^>]*\ssrc=)/);
  });
});

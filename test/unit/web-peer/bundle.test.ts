import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildWebPeer } from '../../../scripts/build-web-peer.mjs';

const LIMIT_BYTES = 250_000;
const CODED = /\.(br|gz)$/;

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
    const plain = [...files].filter(([file]) => !CODED.test(file));
    const bytes = plain.reduce((sum, [file, content]) => sum + (files.get(`${file}.gz`) ?? content).length, 0);
    expect(plain.length).toBeGreaterThan(2);
    expect(bytes).toBeLessThan(LIMIT_BYTES);
  });

  it('are there in smaller forms too, which are the same', () => {
    for (const [file, content] of files) {
      if (file.endsWith('.gz')) expect(gunzipSync(content)).toEqual(files.get(file.slice(0, -3)));
      if (file.endsWith('.br')) expect(brotliDecompressSync(content)).toEqual(files.get(file.slice(0, -3)));
    }
    expect([...files.keys()].filter((file) => CODED.test(file)).length).toBeGreaterThan(5);
  });

  it('are all kept for times without the gateway, as they are', () => {
    const worker = String(files.get(path.join(folder, 'service-worker.js')));
    for (const [file, content] of files) {
      if (CODED.test(file) || file.endsWith('service-worker.js')) continue;
      const name = path.relative(folder, file).replace('index.html', './');
      const hash = createHash('sha256').update(content).digest('base64');
      expect(worker).toMatch(new RegExp(`path:"${name}",integrity:"sha256-${hash.replaceAll('+', '\\+')}"`));
    }
  });

  it('can be installed', () => {
    const manifest = JSON.parse(String(files.get(path.join(folder, 'manifest.webmanifest'))));
    for (const { src } of manifest.icons) expect(files.has(path.join(folder, src))).toBe(true);
    expect(manifest.icons.map(({ sizes }: { sizes: string }) => sizes)).toEqual(['any', '192x192', '512x512']);
  });

  it('have no script and no style in the page itself, and nothing from elsewhere', () => {
    const [page] = [...files].filter(([file]) => file.endsWith('index.html')).map(([, content]) => String(content));
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/<style|\son\w+=|\sstyle=|https?:\/\//);
    expect(page).not.toMatch(/<script(?![^>]*\ssrc=)/);
  });
});

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWebPeerPages } from '../../../../src/daemon/run/web-peer-pages.js';

let root: string;
let server: Server;
beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'waypost-pages-'));
  await mkdir(path.join(root, 'pages/assets'), { recursive: true });
  await writeFile(path.join(root, 'secret'), 'not for anybody');
  await writeFile(path.join(root, 'pages/index.html'), '<!doctype html>');
  await writeFile(path.join(root, 'pages/assets/a.js'), 'run()');
  await writeFile(path.join(root, 'pages/assets/a.js.br'), 'smallest');
  await writeFile(path.join(root, 'pages/assets/a.js.gz'), 'smaller');
  const pages = pathToFileURL(`${root}/pages/`);
  server = createServer(await openWebPeerPages(pages, (_request, response) => response.writeHead(418).end('next')));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  server.close();
  await rm(root, { recursive: true });
});

/** As it stands: `fetch` would tidy the path up. */
function get(target: string, method = 'GET', headers = {}) {
  const { port } = server.address() as AddressInfo;
  return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }>((resolve, reject) => {
    const asked = request({ port, host: '127.0.0.1', path: target, method, headers }, (response) => {
      let body = '';
      response.on('data', (part) => {
        body += part;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    asked.on('error', reject).end();
  });
}

describe('the pages of the web peer', () => {
  it('are served with a strict policy', async () => {
    const { status, headers, body } = await get('/peer/?x');
    expect({ status, body }).toEqual({ status: 200, body: '<!doctype html>' });
    expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
    expect(headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'x-content-type-options': 'nosniff' });
    const script = await get('/peer/assets/a.js');
    expect(script).toMatchObject({ status: 200, body: 'run()' });
    expect(script.headers['content-type']).toBe('text/javascript; charset=utf-8');
  });

  it.each([
    ['br, gzip', 'smallest', 'br'],
    ['gzip, deflate', 'smaller', 'gzip'],
    ['GZIP;q=0.5', 'smaller', 'gzip'],
    ['br;q=0, gzip;q=0.0', 'run()', undefined],
    ['identity', 'run()', undefined],
    ['', 'run()', undefined],
  ])('are as small as %j allows', async (accepted, body, coding) => {
    const answer = await get('/peer/assets/a.js', 'GET', { 'accept-encoding': accepted });
    expect(answer).toMatchObject({ status: 200, body });
    expect(answer.headers['content-encoding']).toBe(coding);
    expect(answer.headers).toMatchObject({
      vary: 'accept-encoding',
      'content-type': 'text/javascript; charset=utf-8',
      'content-length': String(body.length),
    });
  });

  it('are kept for ever only where another content has another name', async () => {
    expect((await get('/peer/assets/a.js')).headers['cache-control']).toContain('immutable');
    expect((await get('/peer/')).headers['cache-control']).toBe('no-cache');
  });

  it('answer HEAD without a body, and lead to the slash', async () => {
    expect(await get('/peer/', 'HEAD')).toMatchObject({ status: 200, body: '', headers: { 'content-length': '15' } });
    expect(await get('/peer')).toMatchObject({ status: 308, headers: { location: '/peer/' } });
    expect(await get('/peer/', 'POST')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
  });

  it.each([
    '/peer/../secret',
    '/peer/..%2fsecret',
    '/peer//etc/passwd',
    '/peer/assets',
    '/peer/assets/a.js.br',
    '/peer/assets/',
    '/peer/none',
  ])('have nothing at %s', async (target) => {
    expect(await get(target)).toMatchObject({ status: 404, body: '' });
  });

  it.each(['/', '/?_oob=abc', '/peers', '/healthz'])('leave %s to others', async (target) => {
    expect(await get(target)).toMatchObject({ status: 418, body: 'next' });
  });

  it('say at the start when they are missing', async () => {
    const missing = openWebPeerPages(pathToFileURL(`${root}/none/`), () => {});
    await expect(missing).rejects.toMatchObject({ code: 'ERR_CONFIG' });
  });
});

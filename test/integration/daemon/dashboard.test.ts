import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  beginCommand,
  buildCommand,
  type GatewayProcess,
  runCommand,
  startGateway,
  testFolder,
} from '../../support/processes.js';
import { rawGet } from '../../support/raw-get.js';

let bin: string;
beforeAll(async () => {
  bin = await buildCommand();
});

async function startEmpty(): Promise<{ data: string; gateway: GatewayProcess }> {
  const data = await testFolder();
  return { data, gateway: await startGateway(bin, ['--data', data, '--http', '127.0.0.1:0']) };
}

const post = (url: string, body: unknown, bearer = '') =>
  fetch(url, { method: 'POST', headers: { authorization: `Bearer ${bearer}` }, body: JSON.stringify(body) });

describe('the dashboard of a gateway', () => {
  it('is served with a strict policy, and nothing else of the folder is', async () => {
    const { gateway } = await startEmpty();
    const page = await fetch(`${gateway.admin}/`); // leads to /dashboard/
    const html = await page.text();
    expect(page.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self'/,
    );
    expect(page.headers.get('content-security-policy')).not.toContain('unsafe');
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    expect(html).not.toMatch(/<style|<script(?![^>]* src=)| on[a-z]+=| style=/);
    const assets = [...html.matchAll(/(?:src|href)="(\/dashboard\/[^"]+)"/g)].map(([, file]) => file);
    expect(assets).toHaveLength(2);
    for (const file of assets) {
      const answer = await fetch(`${gateway.admin}${file}`);
      expect(answer.headers.get('content-type')).toMatch(/^text\/(javascript|css); charset=utf-8$/);
      const etag = answer.headers.get('etag') ?? '';
      expect((await fetch(`${gateway.admin}${file}`, { headers: { 'if-none-match': etag } })).status).toBe(304);
    }
    for (const name of ['../waypost.js', '..%2fwaypost.js', 'assets/../../waypost.js', 'assets', 'nothing.js']) {
      expect(await rawGet(gateway.admin, `/dashboard/${name}`), name).toBe(404);
    }
    expect(await rawGet(gateway.admin, '/dashboard/', { host: 'evil.example' })).toBe(403);
  });

  it('lets a session do what an operator may, but not make further codes', async () => {
    const { data, gateway } = await startEmpty();
    const { code } = JSON.parse((await runCommand(bin, ['dashboard', '--data', data, '--json'])).stdout);
    const sessions = `${gateway.admin}/api/sessions`;
    expect((await post(sessions, { code: 'WRONG-WRONG' })).status).toBe(403);
    const elsewhere = { method: 'POST', headers: { origin: 'http://evil.example' }, body: JSON.stringify({ code }) };
    expect((await fetch(sessions, elsewhere)).status).toBe(403);
    const { session } = (await (await post(sessions, { code })).json()) as { session: string };
    const status = () => fetch(`${gateway.admin}/api/status`, { headers: { authorization: `Bearer ${session}` } });
    expect((await status()).status).toBe(200);
    expect((await post(`${sessions}/codes`, {}, session)).status).toBe(401);
    expect((await post(`${sessions}/codes`, {})).status).toBe(401);
    const token = (await readFile(path.join(data, 'admin-token'), 'utf8')).trim();
    expect((await post(`${sessions}/codes`, {}, token)).status).toBe(200);
    expect((await post(`${sessions}/end`, {}, session)).status).toBe(200);
    expect((await status()).status).toBe(401);
    const tries = await Promise.all(Array.from({ length: 12 }, () => post(sessions, { code: 'WRONG-WRONG' })));
    expect(tries.filter(({ status }) => status === 429).map(({ headers }) => headers.get('retry-after'))).toContain(
      '1',
    );
  });

  it('asks for a session before it carries, saves or replaces anything, and writes where it is told to be', async () => {
    const { data, gateway } = await startEmpty();
    const { code } = JSON.parse((await runCommand(bin, ['dashboard', '--data', data, '--json'])).stdout);
    const api = (name: string) => `${gateway.admin}/api/${name}`;
    const { session } = (await (await post(api('sessions'), { code })).json()) as { session: string };
    const reads = ['first-run', 'sticks', 'backup', 'backup/file', 'restore'];
    const writes = [
      ...['first-run/finish', 'name', 'sticks/export', 'sticks/import', 'pictures', 'backup', 'backup/remove'],
      ...['restore/upload?offset=0&wholeBytes=2', 'restore/check', 'restore/confirm', 'restore/cancel'],
    ];
    for (const name of reads) expect((await fetch(api(name))).status, name).toBe(401);
    for (const name of writes) expect((await post(api(name), {})).status, name).toBe(401);
    const evil = { authorization: `Bearer ${session}`, origin: 'http://evil.example' };
    for (const name of writes) {
      expect((await fetch(api(name), { method: 'POST', headers: evil, body: '{}' })).status, name).toBe(403);
    }

    for (const folder of ['/tmp/waypost', data, `${data}/../waypost`, '']) {
      expect((await post(api('sticks/export'), { folder }, session)).status, folder).toBe(400);
      expect((await post(api('sticks/import'), { folder }, session)).status, folder).toBe(400);
    }
    expect((await post(api('backup'), { passphrase: 'short' }, session)).status).toBe(400);
    expect((await post(api('pictures'), 'no picture', session)).status).toBe(400);
    expect((await post(api('restore/upload?offset=-1&wholeBytes=2'), {}, session)).status).toBe(400);
    expect((await post(api('restore/upload?offset=0&wholeBytes=9'), 'x'.repeat(300 * 1024), session)).status).toBe(413);
    expect((await post(api('restore/upload?offset=0&wholeBytes=999999999999999'), {}, session)).status).toBe(413);
    expect((await post(api('restore/confirm'), {}, session)).status).toBe(400);
    expect((await readdir(data)).filter((name) => /restore|downloads/.test(name))).toEqual([]);
    const log = await fetch(api('log'), { headers: { authorization: `Bearer ${session}` } });
    expect(await log.text()).toContain('gateway.started');
  });

  it('prints a link that signs in only where somebody looks, and never into a log', async () => {
    const data = await testFolder();
    const text = beginCommand(bin, ['start', '--data', data, '--http', '127.0.0.1:0', '--admin', '127.0.0.1:0']);
    await expect.poll(() => text.output().stdout, { timeout: 20_000 }).toContain('First run: "waypost dashboard"');
    const { stdout, stderr } = text.output();
    expect(`${stdout}${stderr}`).not.toContain('#code=');
    text.interrupt();
    await text.finished;
  });

  it('has no address where the gateway does not run, and says so', async () => {
    const { code, stderr } = await runCommand(bin, ['dashboard', '--data', await testFolder()]);
    expect(code).toBe(1);
    expect(stderr).toContain('the gateway does not run: waypost start');
  });
});

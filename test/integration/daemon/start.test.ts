import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import Database from 'better-sqlite3';
import { beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { buildCommand, errorOf, runCommand, startGateway, testFolder } from '../../support/processes.js';

let bin: string;
beforeAll(async () => {
  bin = await buildCommand();
});

const HTTP = ['--http', '127.0.0.1:0'];

describe('waypost start', () => {
  it('makes a new folder, says where it serves in one line, and ends with 0 on SIGTERM', async () => {
    const data = path.join(await testFolder(), 'new');
    const gateway = await startGateway(bin, ['--data', data, ...HTTP]);
    expect(gateway.did).toMatch(/^did:peer:2\./);
    expect(gateway.http).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(gateway.ws).toBe(gateway.http.replace('http', 'ws'));
    expect((await fetch(gateway.http, { method: 'POST', body: 'x' })).status).toBe(415);
    expect((await fetch(`${gateway.http}/?_oob=abc`)).headers.get('content-type')).toContain('text/html');
    const socket = new WebSocket(gateway.ws);
    await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
    expect(await gateway.stop()).toBe(0);

    const { stdout } = await runCommand(bin, ['init', '--data', data, '--json']);
    expect(JSON.parse(stdout).did).toBe(gateway.did);
  });

  it('keeps its DID, and takes over from a killed one without anybody clearing up', async () => {
    const data = await testFolder();
    const first = await startGateway(bin, ['--data', data, ...HTTP]);
    await first.kill();
    const second = await startGateway(bin, ['--data', data, ...HTTP]);
    expect(second.did).toBe(first.did);
    const third = await runCommand(bin, ['start', '--data', data, ...HTTP, '--admin', 'off']);
    expect(third.code).toBe(3);
    expect(errorOf(third)).toMatchObject({
      code: 'ERR_DATA_FOLDER_BUSY',
      message: expect.stringContaining(`${second.pid}`),
    });
  });

  it('refuses public URLs that are not in the DID, and names the command that helps', async () => {
    const data = await testFolder();
    await runCommand(bin, ['init', '--data', data, '--public-url', 'https://a.example.org']);
    const result = await runCommand(bin, ['start', '--data', data, ...HTTP, '--public-url', 'https://b.example.org']);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(errorOf(result).message).toContain('waypost id rotate --public-url https://b.example.org');
    const same = await startGateway(bin, ['--data', data, ...HTTP, '--public-url', 'https://a.example.org/']);
    expect(await same.stop()).toBe(0);
  });

  it('says in one line when its address is taken, or its folder cannot be', async () => {
    const gateway = await startGateway(bin, ['--data', await testFolder(), ...HTTP]);
    const http = gateway.http.replace('http://', '');
    const taken = await runCommand(bin, ['start', '--data', await testFolder(), '--http', http, '--admin', 'off']);
    expect(taken).toMatchObject({ code: 2, stdout: '' });
    expect(errorOf(taken)).toMatchObject({ code: 'ERR_LISTEN', message: expect.stringContaining('EADDRINUSE') });
    const admin = await runCommand(bin, ['start', '--data', await testFolder(), ...HTTP, '--admin', http]);
    expect(admin.code).toBe(2);

    const file = path.join(await testFolder(), 'file');
    await writeFile(file, '');
    const noFolder = await runCommand(bin, ['start', '--data', path.join(file, 'data'), ...HTTP]);
    expect(noFolder).toMatchObject({ code: 1, stdout: '' });
    expect(errorOf(noFolder).code).toBe('ERR_FILE');
  });

  it('refuses the database of a newer version', async () => {
    const data = await testFolder();
    await (await startGateway(bin, ['--data', data, ...HTTP])).stop();
    const db = new Database(path.join(data, 'store.sqlite'));
    db.pragma('user_version = 9999');
    db.close();
    const result = await runCommand(bin, ['start', '--data', data, ...HTTP, '--admin', 'off']);
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(errorOf(result).code).toBe('ERR_STORE_VERSION');
  });

  it('sets a damaged database aside and says so, or refuses where it is told to', async () => {
    const data = await testFolder();
    await (await startGateway(bin, ['--data', data, ...HTTP])).stop();
    const store = path.join(data, 'store.sqlite');
    await writeFile(store, 'this is not a database '.repeat(1000));
    const refusing = { env: { WAYPOST_STORE_WHEN_DAMAGED: 'refuse' } };
    const refused = await runCommand(bin, ['start', '--data', data, ...HTTP, '--admin', 'off'], refusing);
    expect(refused.code).toBe(1);
    expect(errorOf(refused).code).toBe('ERR_STORE_DAMAGED');
    const gateway = await startGateway(bin, ['--data', data, ...HTTP]);
    expect(gateway.stderr()).toContain('"store.damaged"');
    expect(await readFile(`${store}.damaged-1`, 'utf8')).toContain('this is not a database');
  });

  it('answers 413 with a problem report, 405 and 404', async () => {
    const env = { WAYPOST_LIMITS_MESSAGE_BYTES: '16 KiB' };
    const gateway = await startGateway(bin, ['--data', await testFolder(), ...HTTP], { env });
    const headers = { 'content-type': 'application/didcomm-encrypted+json' };
    const large = await fetch(gateway.http, { method: 'POST', headers, body: 'x'.repeat(20_000) });
    expect(large.status).toBe(413);
    expect(await large.json()).toMatchObject({ body: { code: 'e.p.me.res.storage.message_too_big' } });
    expect((await fetch(gateway.http, { method: 'PUT', body: 'x' })).status).toBe(405);
    expect((await fetch(`${gateway.http}/elsewhere`)).status).toBe(404);
  });
});

describe('wrong input', () => {
  it.each([
    ['start', '--http', 'nonsense'],
    ['start', '--admin', '127.0.0.1:99999'],
    ['start', '--allow-address', 'everywhere'],
    ['start', '--public-url', 'ftp://x'],
    ['start', '--log-format', 'xml'],
    ['queue', 'ls', '--limit', '0'],
    ['queue', 'purge', 'did:example:1'],
    ['queue', 'why'],
    ['invite', '--goal', 'x'],
    ['invite', '--new', '--revoke', 'x'],
    ['send', 'text'],
    ['send', '--to', 'nonsense', 'text'],
    ['send', '--to', 'did:example:1', 'text'],
    ['send', '--to', 'did:example:1', '--invitation', 'https://a.example/?_oob=!', 'text'],
    ['recv', '--count', '0'],
    ['recv', '--timeout', 'soon'],
    ['recv', '--invitation', 'nonsense'],
    ['status', '--surely-not'],
    ['peers', 'everybody'],
  ])('%s %s %s %s %s is refused with exit code 2', async (...words) => {
    const args = words.filter((word) => word !== undefined);
    const result = await runCommand(bin, [...args, '--data', path.join(await testFolder(), 'data')]);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).not.toContain('    at ');
  });

  it('status, queue and peers of a folder that is none', async () => {
    const data = path.join(await testFolder(), 'none');
    for (const command of [['status'], ['queue', 'ls'], ['peers']]) {
      const result = await runCommand(bin, [...command, '--data', data]);
      expect(result).toMatchObject({ code: 2, stdout: '' });
      expect(errorOf(result).code).toBe('ERR_DATA_FOLDER');
    }
  });
});

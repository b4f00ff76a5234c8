import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { main } from '../../src/daemon/cli.js';
import { dataFolder } from '../../src/daemon/data-folder/layout.js';
import { lockDataFolder } from '../../src/daemon/data-folder/lock.js';
import { errorOf, run, temporaryFolder } from '../unit/daemon/support.js';

const newFolder = async (): Promise<string> => path.join(await temporaryFolder(), 'data');

async function contentOf(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).filter((name) => name !== 'lock');
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(path.join(folder, name), 'utf8')] as const)),
  );
}

interface Printed {
  readonly did: string;
  readonly invitation: string;
  readonly ok: boolean;
  readonly groups: unknown;
}

function json(result: { stdout: string }): Printed {
  expect(result.stdout.split('\n')).toHaveLength(2);
  return JSON.parse(result.stdout);
}

describe('init', () => {
  it('prints DID and invitation, and changes nothing the second time', async () => {
    const data = await newFolder();
    const args = [
      'init',
      '--data',
      data,
      '--public-url',
      'https://a.example.org',
      '--public-url',
      'http://b.example.org',
    ];
    const first = await run([...args, '--json']);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    const { did, invitation } = json(first);
    expect(Object.keys(json(first))).toEqual(['did', 'invitation']);
    expect(invitation).toMatch(/^https:\/\/a\.example\.org\/\?_oob=[\w-]+$/);
    const before = await contentOf(data);
    expect(await run([...args, '--json'])).toEqual(first);
    expect(await run(['init', '--data', data, '--json'])).toEqual(first);
    expect(await contentOf(data)).toEqual(before);

    const resolved = JSON.parse((await run(['did', 'resolve', did])).stdout);
    expect(
      resolved.service.map((service: { serviceEndpoint: { uri: string } }) => service.serviceEndpoint.uri),
    ).toEqual(['https://a.example.org', 'wss://a.example.org', 'http://b.example.org', 'ws://b.example.org']);
  });

  it('makes files that are private', async () => {
    const data = await newFolder();
    await run(['init', '--data', data]);
    expect((await stat(data)).mode & 0o777).toBe(0o700);
    const names = ['admin-token', 'config.yaml', 'epoch.json', 'first-run', 'identity.json', 'lock'];
    expect((await readdir(data)).sort()).toEqual(names);
    for (const name of await readdir(data)) {
      expect((await stat(path.join(data, name))).mode & 0o777).toBe(name === 'lock' ? 0o700 : 0o600);
    }
  });

  it('uses the .local name of the machine without a URL', async () => {
    const { invitation } = json(await run(['init', '--data', await newFolder(), '--json']));
    const name = os.hostname().split('.')[0]?.toLowerCase();
    expect(invitation).toMatch(new RegExp(`^http://(${name}|waypost)\\.local:8080/\\?_oob=`));
  });

  it('takes data folder and URL from the environment, and makes one identity also for many at a time', async () => {
    const env = { WAYPOST_DATA: await newFolder(), WAYPOST_PUBLIC_URLS: 'https://a.example.org' };
    const results = await Promise.all(Array.from({ length: 4 }, () => run(['init', '--json'], env)));
    const done = results.filter(({ code }) => code === 0);
    expect(new Set(done.map(({ stdout }) => stdout)).size).toBe(1);
    // Who came while another was at it may try again.
    for (const other of results.filter(({ code }) => code !== 0)) expect(other.code).toBe(3);
    expect(json(await run(['init', '--json'], env)).invitation).toMatch(/^https:\/\/a\.example\.org/);
  });

  it('refuses a URL that cannot be one', async () => {
    const refused = await run(['init', '--data', await newFolder(), '--public-url', 'gw.example.org']);
    expect(refused.code).toBe(2);
    expect(errorOf(refused)).toMatchObject({ code: 'ERR_CONFIG', message: expect.stringContaining('--public-url') });
  });

  it('encrypts the keys under a passphrase from a file, a variable or a systemd credential', async () => {
    const data = await newFolder();
    const secrets = await temporaryFolder();
    const file = path.join(secrets, 'waypost-passphrase');
    await writeFile(file, 'correct horse\n');
    const made = json(await run(['init', '--data', data, '--passphrase-file', file, '--json']));
    expect(await readFile(path.join(data, 'identity.json'), 'utf8')).not.toContain('"d"');
    for (const env of [{ WAYPOST_PASSPHRASE_FILE: file }, { CREDENTIALS_DIRECTORY: secrets }]) {
      expect(json(await run(['id', '--data', data, '--json'], env)).did).toBe(made.did);
    }
    const refused = await run(['id', '--data', data]);
    expect(refused.code).toBe(2);
    expect(errorOf(refused).code).toBe('ERR_PASSPHRASE');
  });
});

describe('id', () => {
  it('shows the DID; rotate changes it and keeps the earlier one and the id of the invitation', async () => {
    const data = await newFolder();
    const before = json(await run(['init', '--data', data, '--json', '--public-url', 'https://a.example.org']));
    const rotated = json(
      await run(['id', 'rotate', '--data', data, '--public-url', 'https://b.example.org', '--json']),
    );
    expect(rotated.did).not.toBe(before.did);
    expect(rotated).toMatchObject({ publicUrls: ['https://b.example.org'], former: [before.did] });
    expect(json(await run(['id', '--data', data, '--json']))).toEqual(rotated);
    const again = json(await run(['id', 'rotate', '--data', data, '--json']));
    expect(again).toMatchObject({ publicUrls: ['https://b.example.org'], former: [rotated.did, before.did] });
    const idOf = (invitation: string) =>
      JSON.parse(Buffer.from(invitation.split('_oob=')[1] ?? '', 'base64url').toString()).id;
    expect(idOf(again.invitation)).toBe(idOf(before.invitation));
  });

  it('is not rotated below a running gateway', async () => {
    const data = await newFolder();
    await run(['init', '--data', data]);
    await using _lock = await lockDataFolder(dataFolder(data), 'start');
    const refused = await run(['id', 'rotate', '--data', data]);
    expect(refused.code).toBe(3);
    expect(errorOf(refused)).toMatchObject({
      code: 'ERR_DATA_FOLDER_BUSY',
      message: expect.stringContaining('stop it'),
    });
    expect((await run(['id', '--data', data])).code).toBe(0);
  });

  it('says what to do where there is no data folder', async () => {
    for (const command of [['id'], ['id', 'rotate'], ['invite']]) {
      const refused = await run([...command, '--data', await newFolder()]);
      expect(refused.code).toBe(2);
      expect(errorOf(refused).code).toBe('ERR_DATA_FOLDER');
    }
  });
});

describe('invite', () => {
  it('prints the URL for programs and pipes, and a QR code where somebody looks and it fits', async () => {
    const data = await newFolder();
    const { did, invitation } = json(await run(['init', '--data', data, '--json']));
    expect(json(await run(['invite', '--data', data, '--json']))).toEqual({ did, invitation });
    expect((await run(['invite', '--data', data])).stdout).toBe(`${invitation}\n`);
    expect((await run(['invite', '--data', data, '--qr'])).stdout).toMatch(/^█+\n█/);

    const inTerminal = async (columns: number): Promise<string> => {
      let shown = '';
      const stdout = { write: (text: string) => (shown += text), isTTY: true, columns };
      const io = { stdin: (async function* () {})(), stdout, stderr: stdout, env: {} };
      await main({ ...io, argv: ['node', 'waypost', 'invite', '--data', data] });
      return shown;
    };
    expect(await inTerminal(200)).toContain('\x1b[');
    expect(await inTerminal(40)).toMatch(/^\(The QR code needs \d+ columns; this terminal has 40\.\)\nhttp/);
  });
});

describe('config', () => {
  it('prints what is effective, and validates', async () => {
    const data = await newFolder();
    await run(['init', '--data', data]);
    const printed = await run(['config', 'print', '--data', data], { WAYPOST_LOG_LEVEL: 'debug' });
    expect(printed.code).toBe(0);
    expect(printed.stdout).toMatch(/ {2}level: debug\n/);
    const copy = path.join(await temporaryFolder(), 'copy.yaml');
    await writeFile(copy, printed.stdout);
    expect((await run(['config', 'validate', copy])).code).toBe(0);
    expect((await run(['config', 'validate', '--data', data])).code).toBe(0);

    await writeFile(copy, 'http:\n  listen: here\n');
    const refused = await run(['config', 'validate', copy]);
    expect(refused.code).toBe(2);
    expect(errorOf(refused).message).toContain(`${copy}:2: http.listen: "here" is not allowed`);
    expect((await run(['config', 'validate', `${copy}2`])).code).toBe(2);
  });
});

describe('check', () => {
  it.skipIf(process.platform !== 'linux')('says in plain words that a data folder lies in memory', async () => {
    const data = `/dev/shm/waypost-check-${process.pid}`;
    const shown = await run(['check', '--data', data]);
    expect(shown.code).toBe(1);
    expect(shown.stdout).toContain(`${data} does not exist.`);
    expect(shown.stdout).toContain('/dev/shm lies in memory (tmpfs)');
    const { ok, groups } = json(await run(['check', '--data', data, '--json']));
    expect(ok).toBe(false);
    expect(JSON.stringify(groups)).toContain('/dev/shm lies in memory (tmpfs)');
  });
});

describe('backup and restore', () => {
  it('move a gateway to another folder', async () => {
    const data = await newFolder();
    const folder = await temporaryFolder();
    const [file, passphrase] = [path.join(folder, 'backup'), path.join(folder, 'passphrase')];
    await writeFile(passphrase, 'correct horse\n');
    const { did } = json(await run(['init', '--data', data, '--json']));
    const refused = await run(['backup', file, '--data', data]);
    expect(refused.code).toBe(2);
    expect(errorOf(refused).code).toBe('ERR_USAGE');
    expect((await run(['backup', file, '--data', data, '--passphrase-file', passphrase])).code).toBe(0);
    const target = path.join(folder, 'restored');
    expect((await run(['restore', file, '--data', target])).code).toBe(2);
    const restored = await run(['restore', file, '--data', target, '--passphrase-file', passphrase]);
    expect(restored).toMatchObject({ code: 0, stderr: '' });
    expect(json(await run(['id', '--data', target, '--json'])).did).toBe(did);
    expect(JSON.parse(await readFile(path.join(target, 'epoch.json'), 'utf8')).number).toBe(2);
    expect((await run(['restore', file, '--data', target, '--passphrase-file', passphrase])).code).toBe(2);
    expect((await run(['backup', `${file}2`, '--data', data, '--plain'])).stdout).toContain('NOT encrypted');
  });
});

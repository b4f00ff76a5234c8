import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ConfigSources, loadConfig } from '../../../../src/daemon/config/load.js';
import { temporaryFolder } from '../support.js';

async function load(yaml: string, rest: Omit<ConfigSources, 'file'> = {}) {
  const file = path.join(await temporaryFolder(), 'config.yaml');
  await writeFile(file, yaml);
  return loadConfig({ file, ...rest });
}

/** The message without the path of the file. */
async function problem(yaml: string, rest: Omit<ConfigSources, 'file'> = {}): Promise<string> {
  const error = await load(yaml, rest).then(
    () => undefined,
    (cause: Error) => cause,
  );
  expect(error).toMatchObject({ code: 'ERR_CONFIG' });
  return (error?.message ?? '').replaceAll(/\S*config\.yaml/g, 'config.yaml');
}

describe('loadConfig', () => {
  it('has a value for everything when nothing is said', async () => {
    const { config, origins, unknownVariables } = await loadConfig({ file: '/nowhere/config.yaml' });
    expect(config.http.listen).toEqual({ host: '127.0.0.1', port: 8080 });
    expect(config.mediation.admission).toBe('open');
    expect(config.upstreams).toEqual([]);
    expect(origins.size).toBe(0);
    expect(unknownVariables).toEqual([]);
  });

  it('lets flags win over the environment, and the environment over the file', async () => {
    const yaml = 'name: file\nhttp:\n  listen: 127.0.0.1:1\nlog:\n  level: warn\n';
    const env = { WAYPOST_NAME: 'environment', WAYPOST_HTTP_LISTEN: '127.0.0.1:2' };
    const flags = [{ flag: '--http', path: 'http.listen', value: '[::1]:3' }];
    const { config, origins } = await load(yaml, { env, flags });
    expect(config.log.level).toBe('warn');
    expect(config.name).toBe('environment');
    expect(config.http.listen).toEqual({ host: '::1', port: 3 });
    expect([...origins]).toEqual([
      ['name', 'WAYPOST_NAME'],
      ['http.listen', '--http'],
      ['log.level', 'line 5 of the file'],
    ]);
  });

  it('reads lists, numbers and sizes also from the environment', async () => {
    const env = {
      WAYPOST_PUBLIC_URLS: 'https://A.example.org/, wss://b.example.org/x/',
      WAYPOST_STORE_RETENTION_DAYS: '7',
      WAYPOST_LIMITS_MESSAGE_BYTES: '2 MiB',
      WAYPOST_UPSTREAMS: '[{"did":"did:web:example.org","mode":"poll"}]',
      WAYPOST_ADMIN_LISTEN: 'off',
      WAYPOST_LOG_FORMAT: '',
    };
    const { config } = await load('', { env });
    expect(config.publicUrls).toEqual(['https://a.example.org', 'wss://b.example.org/x']);
    expect(config.store.retentionDays).toBe(7);
    expect(config.limits.messageBytes).toBe(2 * 2 ** 20);
    expect(config.upstreams).toEqual([
      { did: 'did:web:example.org', invitation: undefined, mode: 'poll', pollSeconds: 30 },
    ]);
    expect(config.admin.listen).toBe('off');
    expect(config.log.format).toBe('text');
  });

  it('takes sections that are empty, as when all their lines are commented out', async () => {
    expect((await load('http:\n#  listen: x\nlog:\n  level:\n')).config.log.level).toBe('info');
  });

  it('names the line, the value and what is allowed', async () => {
    expect(await problem('name: a\nlog:\n  format: text\n  level: loud\n')).toBe(
      'config.yaml:4: log.level: "loud" is not allowed; allowed is one of debug, info, warn, error',
    );
    expect(await problem('upstreams:\n  - did: did:web:a\n  - did: nonsense\n')).toMatch(
      /^config\.yaml:3: upstreams\[1\]\.did: "nonsense" is not allowed; allowed is a DID/,
    );
    expect(await problem('store:\n  retentionDays: 0\n')).toContain('config.yaml:2: store.retentionDays: "0" is not');
  });

  it('says what to do about text that YAML takes for a section', async () => {
    expect(await problem('links:\n  listen:\n    - ble:\n')).toMatch(
      /; text that ends with a colon has to be in quotes: "ble:"$/,
    );
    expect((await load('links:\n  listen:\n    - "ble:"\n')).config.links.listen).toEqual(['ble:']);
  });

  it('names a variable or a flag that is wrong', async () => {
    expect(await problem('', { env: { WAYPOST_HTTP_LISTEN: '8080' } })).toMatch(
      /^WAYPOST_HTTP_LISTEN: http\.listen: "8080" is not allowed; allowed is HOST:PORT/,
    );
    const flags = [{ flag: '--allow-address', path: 'network.allowAddress', value: ['10.0.0.0/8', 'here'] }];
    expect(await problem('', { flags })).toMatch(/^--allow-address: network\.allowAddress\[1\]: "here"/);
  });

  it('refuses names that it does not know, with those that it knows', async () => {
    expect(await problem('htpp:\n  listen: 1\n')).toMatch(
      /^config\.yaml:1: htpp: this name is unknown; known are name, /,
    );
    expect(await problem('log:\n  colour: red\n')).toBe(
      'config.yaml:2: log.colour: this name is unknown; known are format, level',
    );
    expect(await problem('__proto__:\n  level: 1\n')).toContain('__proto__: this name is unknown');
  });

  it('says everything that is wrong at once', async () => {
    expect((await problem('name: ""\nlog: 5\nhttp:\n  listen: [1]\n')).split('; ').length).toBeGreaterThanOrEqual(3);
  });

  it.each([
    {
      name: 'an upstream with did and invitation',
      yaml: `upstreams:\n  - {did: "did:web:a", invitation: "https://a/?_oob=e30"}`,
    },
    { name: 'an upstream with neither', yaml: 'upstreams:\n  - mode: live' },
    { name: 'a reserve as large as the store', yaml: 'store:\n  bytes: 64 MiB\n  reservedBytes: 64 MiB' },
    { name: 'two listeners on one port', yaml: 'admin:\n  listen: 127.0.0.1:8080' },
    { name: 'a place with less than a device there', yaml: 'sensors:\n  framesPerSecond: 2000' },
    { name: 'a place that starts with less', yaml: 'sensors:\n  placeFramesBurst: 100' },
    { name: 'a public URL with a password', yaml: 'publicUrls: ["https://user:secret@example.org"]' },
    { name: 'a public URL with a query', yaml: 'publicUrls: ["https://example.org/?a=b"]' },
    { name: 'a public URL of another scheme', yaml: 'publicUrls: ["ftp://example.org"]' },
    { name: 'text that is no YAML', yaml: 'a: [b' },
    { name: 'a name twice', yaml: 'name: a\nname: b' },
    { name: 'an alias, which may stand for gigabytes', yaml: 'name: &a x\nlog:\n  level: *a' },
    { name: 'a list at the top', yaml: '- a' },
    { name: 'seeking all and some', yaml: 'bluetooth:\n  seek: [all, "did:example:a"]' },
    { name: 'seeking by the address of a radio', yaml: 'bluetooth:\n  seek: ["c0:ff:ee:00:00:01"]' },
    { name: 'a port that is none', yaml: 'http:\n  listen: 127.0.0.1:99999' },
  ])('refuses $name', async ({ yaml }) => {
    expect(await problem(yaml)).toContain('config.yaml');
  });

  it('refuses a file that is too long before it parses it', async () => {
    expect(await problem(`#${'x'.repeat(300_000)}`)).toContain('the limit is 262144');
  });

  it('does not quote a password', async () => {
    expect(await problem('publicUrls: ["https://user:canary-4711@example.org"]')).not.toContain('canary-4711');
  });

  it('does not quote an invitation, which is a secret', async () => {
    const message = await problem('upstreams:\n  - invitation: canary-4711');
    expect(message).toContain('upstreams[0].invitation: this value is not allowed');
    expect(message).not.toContain('canary-4711');
  });

  it('tells of variables that mean nothing, and goes on: an orchestrator may make such', async () => {
    const { unknownVariables } = await load('', { env: { WAYPOST_HTTP_LISTN: 'x', WAYPOST_DATA: '/x', HOME: '/y' } });
    expect(unknownVariables).toEqual(['WAYPOST_HTTP_LISTN']);
  });
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../src/daemon/cli.js';

interface Run {
  code: number;
  stdout: string;
  stderr: string;
}

async function run(args: readonly string[], stdin = ''): Promise<Run> {
  let stdout = '';
  let stderr = '';
  const code = await main({
    argv: ['node', 'waypost', ...args],
    stdin: (async function* () {
      yield stdin;
    })(),
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
  });
  return { code, stdout, stderr };
}

function errorOf({ stderr }: Run): { code: string; message: string } {
  expect(stderr.trim().split('\n')).toHaveLength(1);
  return JSON.parse(stderr).error;
}

const PLAINTEXT = JSON.stringify({ id: '1', type: 'https://example.org/lunch/1.0/proposal', body: { at: 'noon' } });

describe('the commands for debugging envelopes', () => {
  let folder: string;
  const files = { alice: '', bob: '', carol: '' };
  const dids = { alice: '', bob: '', carol: '' };

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'waypost-cli-'));
    const methods = { alice: ['peer2'], bob: ['peer4'], carol: ['key', '--curve', 'P-256'] } as const;
    for (const name of ['alice', 'bob', 'carol'] as const) {
      const created = await run(['did', 'create', '--method', ...methods[name]]);
      files[name] = path.join(folder, `${name}.json`);
      dids[name] = JSON.parse(created.stdout).did;
      await writeFile(files[name], created.stdout);
    }
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('creates a DID that resolves to the document it printed', async () => {
    for (const method of ['key', 'jwk', 'peer2', 'peer4']) {
      const { did, document, secrets } = JSON.parse((await run(['did', 'create', '--method', method])).stdout);
      const resolved = await run(['did', 'resolve', did]);
      expect(resolved).toMatchObject({ code: 0, stderr: '' });
      expect(JSON.parse(resolved.stdout)).toEqual(document);
      for (const { kid } of secrets) expect(kid).toMatch(new RegExp(`^${did.replaceAll('.', '\\.')}#`));
    }
  });

  it('puts services into a peer DID, abbreviated or in full', async () => {
    const service = '{"t":"dm","s":{"uri":"https://example.org/a","a":["didcomm/v2"]}}';
    const { document } = JSON.parse((await run(['did', 'create', '--method', 'peer2', '--service', service])).stdout);
    expect(document.service).toMatchObject([
      { type: 'DIDCommMessaging', serviceEndpoint: { uri: 'https://example.org/a', accept: ['didcomm/v2'] } },
    ]);
  });

  it.each([
    { mode: 'auth', extra: [], authenticated: true, anonymous: false, nonRepudiable: false },
    {
      mode: 'auth',
      extra: ['--hide-sender', '--enc', 'XC20P'],
      authenticated: true,
      anonymous: true,
      nonRepudiable: false,
    },
    { mode: 'anon', extra: ['--enc', 'A256GCM'], authenticated: false, anonymous: true, nonRepudiable: false },
    { mode: 'anon', extra: ['--sign-by'], authenticated: true, anonymous: true, nonRepudiable: true },
  ])('packs and unpacks $mode $extra', async ({ mode, extra, ...expected }) => {
    const args = extra.at(-1) === '--sign-by' ? [...extra, `${dids.alice}#key-2`] : extra;
    const sender = mode === 'auth' ? ['--from', dids.alice] : [];
    const to = ['--to', dids.bob, '--secrets', files.alice];
    const packed = await run(['pack', '--mode', mode, ...sender, ...to, ...args], PLAINTEXT);
    expect(packed).toMatchObject({ code: 0, stderr: '' });
    expect(packed.stdout.trim().split('\n')).toHaveLength(1);
    const opened = await run(['unpack', '--secrets', files.bob], packed.stdout);
    expect(opened).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(opened.stdout)).toMatchObject({
      message: JSON.parse(PLAINTEXT),
      encrypted: true,
      from: expected.authenticated ? dids.alice : null,
      recipientKeyIds: [`${dids.bob}#key-1`],
      ...expected,
    });
  });

  it('signs with the first key of the sender when none is named', async () => {
    const packed = await run(['pack', '--mode', 'signed', '--from', dids.alice, '--secrets', files.alice], PLAINTEXT);
    const opened = JSON.parse((await run(['unpack'], packed.stdout)).stdout);
    expect(opened).toMatchObject({ encrypted: false, nonRepudiable: true, signerKeyId: `${dids.alice}#key-2` });
  });

  it('says of a plaintext that nothing is proven', async () => {
    const packed = await run(['pack', '--mode', 'plain', '--from', dids.alice], PLAINTEXT);
    const opened = JSON.parse((await run(['unpack'], packed.stdout)).stdout);
    expect(opened).toMatchObject({
      encrypted: false,
      authenticated: false,
      nonRepudiable: false,
      anonymous: false,
      from: null,
      recipientKeyIds: [],
      senderKeyId: null,
      signerKeyId: null,
    });
  });

  it('writes one envelope a line: one for each recipient DID and curve', async () => {
    const to = ['--to', dids.bob, '--to', dids.carol];
    const packed = await run(['pack', '--mode', 'anon', ...to], PLAINTEXT);
    expect(packed.stdout.trim().split('\n')).toHaveLength(2);
  });

  it('reads given documents and secrets, also as arrays', async () => {
    const { document, secrets } = JSON.parse((await run(['did', 'create', '--method', 'peer2'])).stdout);
    const renamed = JSON.parse(JSON.stringify({ document, secrets }).replaceAll(document.id, 'did:example:dora'));
    const docs = path.join(folder, 'docs.json');
    const keys = path.join(folder, 'keys.json');
    await writeFile(docs, JSON.stringify([renamed.document]));
    await writeFile(keys, JSON.stringify(renamed.secrets));
    const packed = await run(['pack', '--mode', 'anon', '--to', 'did:example:dora', '--did-docs', docs], PLAINTEXT);
    const opened = await run(['unpack', '--secrets', keys], packed.stdout);
    expect(opened.code).toBe(0);
  });

  it.each([
    { name: '--sign-by with auth', args: ['--mode', 'auth', '--sign-by', 'did:example:a#1'] },
    { name: '--sign-by with plain', args: ['--mode', 'plain', '--sign-by', 'did:example:a#1'] },
    { name: '--hide-sender with anon', args: ['--mode', 'anon', '--hide-sender'] },
    { name: '--enc with signed', args: ['--mode', 'signed', '--enc', 'XC20P'] },
    { name: 'another --enc with auth alone', args: ['--mode', 'auth', '--enc', 'XC20P'] },
    { name: '--to with signed', args: ['--mode', 'signed', '--to', 'did:example:b'] },
    { name: 'auth without a sender', args: ['--mode', 'auth', '--to', 'did:example:b'] },
    { name: 'anon without a recipient', args: ['--mode', 'anon'] },
    { name: 'signed without a signer', args: ['--mode', 'signed'] },
  ])('refuses $name as usage', async ({ args }) => {
    const refused = await run(['pack', ...args], PLAINTEXT);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(errorOf(refused).code).toBe('ERR_USAGE');
  });

  it.each([
    { name: 'no JSON', stdin: '{"id":', code: 'ERR_JSON_MALFORMED' },
    { name: 'nothing', stdin: '', code: 'ERR_JSON_MALFORMED' },
    { name: 'JSON that is no message', stdin: '{}', code: 'ERR_ENVELOPE_UNKNOWN' },
    { name: 'a plaintext without type', stdin: '{"id":"1","body":{}}', code: 'ERR_MESSAGE_MALFORMED' },
  ])('fails on $name with one line of JSON on standard error', async ({ stdin, code }) => {
    const failed = await run(['unpack'], stdin);
    expect(failed).toMatchObject({ code: 1, stdout: '' });
    expect(errorOf(failed).code).toBe(code);
  });

  it('fails without the private key, and with input over the limit', async () => {
    const packed = await run(['pack', '--mode', 'anon', '--to', dids.bob], PLAINTEXT);
    expect(errorOf(await run(['unpack', '--secrets', files.alice], packed.stdout)).code).toBe('ERR_JWE_NO_RECIPIENT');
    expect(errorOf(await run(['unpack'], ' '.repeat(9 * 1024 * 1024))).code).toBe('ERR_TOO_LARGE');
  });

  it('calls files that cannot be used a configuration error', async () => {
    const broken = path.join(folder, 'broken.json');
    await writeFile(broken, '[{"kid":"did:example:a#1","kty":"OKP","crv":"X25519","x":"AA","d":"secret-value"}]');
    for (const args of [
      ['--secrets', path.join(folder, 'absent')],
      ['--secrets', broken],
      ['--did-docs', files.alice, '--did-docs', broken],
    ]) {
      const refused = await run(['unpack', ...args], PLAINTEXT);
      expect(refused).toMatchObject({ code: 2, stdout: '' });
      expect(errorOf(refused).code).toBe('ERR_CONFIG');
      expect(refused.stderr).not.toContain('secret-value');
    }
  });

  it('tells "does not exist" from "cannot be said now" and from "is no DID"', async () => {
    // A short form whose long form nobody has seen may well exist.
    const { document } = JSON.parse((await run(['did', 'create', '--method', 'peer4'])).stdout);
    const unknown = await run(['did', 'resolve', document.alsoKnownAs[0]]);
    expect(unknown).toMatchObject({ code: 3, stdout: '' });
    expect(errorOf(unknown).code).toBe('ERR_DID_UNAVAILABLE');
    for (const did of ['did:unknown:1', 'example.org', 'did:key:z6Mk']) {
      expect(await run(['did', 'resolve', did])).toMatchObject({ code: 2, stdout: '' });
    }
  });

  it('has help on every command, and exit code 2 for what it does not know', async () => {
    for (const command of [[], ['demo'], ['pack'], ['unpack'], ['did'], ['did', 'create'], ['did', 'resolve']]) {
      const help = await run([...command, '--help']);
      expect(help.code).toBe(0);
      expect(help.stdout).toContain(`Usage: ${['waypost', ...command].join(' ')}`);
    }
    for (const args of [[], ['bogus'], ['pack', '--mode', 'bogus'], ['unpack', '--bogus'], ['did', 'create']]) {
      expect(await run(args, PLAINTEXT)).toMatchObject({ code: 2, stdout: '' });
    }
    expect((await run(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

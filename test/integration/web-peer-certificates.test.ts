import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { describeWhere } from '../support/describe-where.js';

/* The authority that docs/web-peer.md has people make, by the commands that stand there. */

const run = promisify(execFile);
const hasOpenssl = spawnSync('openssl', ['version']).stdout?.toString().startsWith('OpenSSL 3') ?? false;

describeWhere(hasOpenssl ? undefined : 'OpenSSL 3 is absent', 'an authority of one’s own', () => {
  let folder: string;
  let commands: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'waypost-authority-'));
    const page = await readFile('docs/web-peer.md', 'utf8');
    commands = /```sh\n(openssl [^`]+)```/.exec(page)?.[1] ?? '';
    await run('bash', ['-ec', commands], { cwd: folder });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const inFolder = (name: string) => readFile(path.join(folder, name));

  /** What a client that trusts the authority says to a server that calls itself `host`. */
  async function ask(host: string, certificate = 'gateway'): Promise<string> {
    const [key, cert, ca] = await Promise.all(
      ['key', 'crt', 'ca'].map((kind) => inFolder(kind === 'ca' ? 'ca.crt' : `${certificate}.${kind}`)),
    );
    const server = createServer({ key, cert }, (_request, response) => response.end('served')).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    return new Promise((resolve) => {
      request({ host: '127.0.0.1', servername: host, port, ca }, (response) => {
        response.on('data', (data) => resolve(String(data)));
      })
        .on('error', (error) => resolve(error.message))
        .end();
    });
  }

  it('vouches for the gateway', async () => {
    expect(await ask('camp.home.arpa')).toBe('served');
    expect(await ask('other.example')).toContain('does not match certificate');
  });

  it('lasts no longer than phones allow', async () => {
    const { stdout } = await run(
      'openssl',
      ['x509', '-in', 'gateway.crt', '-noout', '-checkend', String(825 * 86_400)],
      {
        cwd: folder,
      },
    ).catch((error: { stdout: string }) => error);
    expect(stdout).toContain('will expire');
    const purpose = await run(
      'openssl',
      ['x509', '-in', 'gateway.crt', '-noout', '-ext', 'extendedKeyUsage,subjectAltName'],
      {
        cwd: folder,
      },
    );
    expect(purpose.stdout).toContain('TLS Web Server Authentication');
    expect(purpose.stdout).toContain('DNS:camp.home.arpa, IP Address:192.168.4.1');
  });

  it('is not believed for anybody else, even by whoever stole its key', async () => {
    const forged = commands
      .slice(commands.indexOf('openssl req -x509 -CA'))
      .replaceAll('camp.home.arpa', 'bank.example');
    await run('bash', ['-ec', forged.replaceAll('gateway.', 'forged.')], { cwd: folder });
    expect(await ask('bank.example', 'forged')).toBe('permitted subtree violation');
  });
});

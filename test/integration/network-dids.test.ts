import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createController, createLog } from '../unit/did/webvh-logs.js';
import { type LocalServer, listenLocally } from '../unit/net/local-server.js';
import { createSelfSigned } from '../unit/net/self-signed.js';

const run = promisify(execFile);

/** A folder that is first online and then offline, as the built command sees it. */
describe('waypost did resolve with DIDs that need the network', () => {
  const certificate = createSelfSigned(['localhost']);
  const served = new Map<string, string>();
  let folder: string;
  let server: LocalServer;
  let webDid: string;
  let webvhDid: string;

  const resolve = async (did: string, ...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> => {
    const command = ['bin/waypost.js', 'did', 'resolve', did, ...args];
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: path.join(folder, 'ca.pem') };
    try {
      return { code: 0, ...(await run(process.execPath, command, { cwd: folder, env })) };
    } catch (error) {
      return error as { code: number; stdout: string; stderr: string };
    }
  };
  const online = ['--allow-address', '127.0.0.1', '--allow-address', '::1', '--did-cache', 'cache'];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'waypost-network-'));
    await run(process.execPath, [path.resolve('scripts/build.mjs'), '--out', folder]);
    await writeFile(path.join(folder, 'ca.pem'), certificate.cert);
    server = await listenLocally((request, response) => {
      const body = served.get(request.url ?? '');
      response.writeHead(body === undefined ? 404 : 200).end(body);
    }, certificate);
    webDid = `did:web:localhost%3A${server.port}`;
    served.set('/.well-known/did.json', JSON.stringify({ id: webDid }));
    const made = await createLog(createController(), { domain: `localhost%3A${server.port}` });
    webvhDid = made.did;
    served.set('/.well-known/did.jsonl', made.log.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  it('refuses to reach this machine unless it is told to, and names the option', async () => {
    const refused = await resolve(webDid);
    expect(refused).toMatchObject({ code: 3, stdout: '' });
    expect(refused.stderr).toContain('--allow-address');
  });

  it('says that a DID does not exist when its host says so', async () => {
    const absent = await resolve(`${webDid}:nobody`, ...online);
    expect(absent).toMatchObject({ code: 1, stdout: '' });
    expect(absent.stderr).toContain('ERR_DID_NOT_FOUND');
  });

  it('resolves did:web and did:webvh, and goes on doing so when the host is away', async () => {
    const documents = [await resolve(webDid, ...online), await resolve(webvhDid, ...online)];
    expect(documents.map(({ code, stderr }) => ({ code, stderr }))).toEqual([
      { code: 0, stderr: '' },
      { code: 0, stderr: '' },
    ]);
    expect(JSON.parse(documents[0]?.stdout ?? '')).toEqual({ id: webDid });
    expect(JSON.parse(documents[1]?.stdout ?? '')).toMatchObject({ id: webvhDid });

    await server[Symbol.asyncDispose]();
    expect(await resolve(webDid, ...online)).toMatchObject({ code: 0, stdout: documents[0]?.stdout });
    expect(await resolve(webvhDid, ...online)).toMatchObject({ code: 0, stdout: documents[1]?.stdout });
    expect(await resolve(webDid, '--allow-address', '127.0.0.0/8')).toMatchObject({ code: 3, stdout: '' });
  });
});

import { readFile, stat } from 'node:fs/promises';
import { request } from 'node:http';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseInvitation } from '../../../src/protocols/out-of-band.js';
import { invitationOf, makeMailbox } from '../../support/mailboxes.js';
import { buildCommand, type GatewayProcess, runCommand, startGateway, testFolder } from '../../support/processes.js';

let bin: string;
beforeAll(async () => {
  bin = await buildCommand();
});

/** The status of a request, with headers that `fetch` would not send. */
function statusOf(url: string, method: string, headers: Record<string, string>, body = ''): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on('error', reject).end(body);
  });
}

/** A gateway with one message waiting for a mailbox that is away. */
async function usedGateway(): Promise<{ data: string; gateway: GatewayProcess }> {
  const root = await testFolder();
  const data = path.join(root, 'gateway');
  const gateway = await startGateway(bin, ['--data', data, '--http', '127.0.0.1:0']);
  const invitation = await invitationOf(bin, data);
  const to = await makeMailbox(bin, path.join(root, 'a'), invitation);
  const b = ['--data', path.join(root, 'b')];
  const sent = await runCommand(bin, ['send', ...b, '--invitation', invitation, '--to', to, 'a very private text']);
  expect(sent.code).toBe(0);
  return { data, gateway };
}

const json = async (...args: string[]) => JSON.parse((await runCommand(bin, [...args, '--json'])).stdout);

describe('the admin API', () => {
  it('lets nobody in without the token, and no web page at all', async () => {
    const data = await testFolder();
    const gateway = await startGateway(bin, ['--data', data, '--http', '127.0.0.1:0']);
    const token = (await readFile(path.join(data, 'admin-token'), 'utf8')).trim();
    const status = `${gateway.admin}/api/status`;
    const purge = `${gateway.admin}/api/purge`;
    const authorization = `Bearer ${token}`;
    const body = JSON.stringify({ destination: 'did:example:nobody' });
    expect(await statusOf(status, 'GET', {})).toBe(401);
    expect(await statusOf(purge, 'POST', { authorization: 'Bearer wrong' }, body)).toBe(401);
    expect(await statusOf(purge, 'POST', { authorization, host: 'evil.example' }, body)).toBe(403);
    expect(await statusOf(purge, 'POST', { authorization, origin: 'https://evil.example' }, body)).toBe(403);
    expect(await statusOf(purge, 'POST', { authorization, origin: 'null' }, body)).toBe(403);
    const preflight = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };
    const asked = await fetch(status, { method: 'OPTIONS', headers: preflight });
    expect([...asked.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
    expect(await statusOf(`${gateway.admin}/metrics`, 'GET', { host: 'evil.example' })).toBe(403);
    expect(await statusOf(purge, 'POST', { authorization }, body)).toBe(200);
    expect(await statusOf(purge, 'POST', { authorization }, '{"destination"')).toBe(400);
    expect(await statusOf(purge, 'POST', { authorization }, `"${'x'.repeat(2 ** 20)}"`)).toBe(413);
    expect(await statusOf(`${gateway.admin}/api/nothing`, 'GET', { authorization })).toBe(404);
    expect(await statusOf(`${gateway.admin}/healthz`, 'POST', {})).toBe(405);
  });

  it('answers health checks and Prometheus', async () => {
    const { gateway } = await usedGateway();
    expect(await (await fetch(`${gateway.admin}/healthz`)).json()).toEqual({ ok: true });
    const ready = await (await fetch(`${gateway.admin}/readyz`)).json();
    expect(ready.ready).toBe(true);
    expect(ready.parts.map(({ part }: { part: string }) => part)).toEqual(['store', 'transport http', 'transport ws']);
    const metrics = await (await fetch(`${gateway.admin}/metrics`)).text();
    expect(metrics).toContain('\nwaypost_store_messages 1\n');
    expect(metrics).toContain('\nwaypost_messages_put_total{outcome="stored"} 1\n');
    for (const line of metrics.trim().split('\n')) {
      expect(line).toMatch(/^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z]+="[^"]*"\})? [\d.e+-]+)$/);
    }
  });

  it('can be off; then the commands say so', async () => {
    const data = await testFolder();
    const env = { WAYPOST_ADMIN_LISTEN: 'off' };
    // The flag of `startGateway` wins over the variable, so it is given once more.
    const gateway = await startGateway(bin, ['--data', data, '--http', '127.0.0.1:0', '--admin', 'off'], { env });
    expect(gateway.admin).toBeNull();
    const { code, stderr } = await runCommand(bin, ['status', '--data', data]);
    expect(code).toBe(2);
    expect(stderr).toContain('admin.listen: off');
  });
});

describe('the commands of an operator', () => {
  it('say the same of a gateway that runs and of one that does not', { timeout: 90_000 }, async () => {
    const { data, gateway } = await usedGateway();
    const folder = ['--data', data];
    const look = async () => {
      const { store, did } = await json('status', ...folder);
      const [queue] = await json('queue', 'ls', ...folder);
      const [message] = await json('queue', 'show', queue.destination, ...folder);
      const { fate } = await json('queue', 'why', message.id, ...folder);
      return { did, messages: store.messages, destination: queue.destination, id: message.id, state: fate.state };
    };
    expect((await json('status', ...folder)).state).toBe('running');
    const running = await look();
    expect(running).toMatchObject({ did: gateway.did, messages: 1, state: 'queued' });
    expect(await json('peers', ...folder)).toEqual([]);
    await gateway.stop();
    expect((await json('status', ...folder)).state).toBe('stopped');
    expect(await look()).toEqual(running);

    expect(await json('queue', 'purge', running.destination, '--all', ...folder)).toEqual({ purged: 1 });
    expect(await json('queue', 'why', running.id, ...folder)).toMatchObject({
      fate: { state: 'left', reason: 'purged' },
    });
    expect((await runCommand(bin, ['queue', 'why', 'unknown', ...folder])).code).toBe(1);
    expect((await json('status', ...folder)).store.messages).toBe(0);
  });

  it('delete an account, whether the gateway runs or not', { timeout: 90_000 }, async () => {
    const { data, gateway } = await usedGateway();
    const folder = ['--data', data];
    const accounts = await json('peers', 'accounts', ...folder);
    expect(accounts).toHaveLength(2);
    const [{ destination }] = await json('queue', 'ls', ...folder);
    const [other] = accounts.filter(({ did }: { did: string }) => did !== destination);
    const remove = (did: string, ...more: string[]) => runCommand(bin, ['peers', 'rm', did, ...more, ...folder]);

    const refused = await remove(destination);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('ERR_ACCOUNT_IN_USE') });
    expect((await remove(other.did)).code).toBe(0);
    expect((await remove(other.did)).code).toBe(1);
    await gateway.stop();
    expect(await remove(destination)).toEqual(refused);
    expect(await json('peers', 'rm', destination, '--purge', ...folder)).toMatchObject({ messages: 1 });
    expect(await json('peers', 'accounts', ...folder)).toEqual([]);
  });

  it('status of a folder that never served makes no database', async () => {
    const data = await testFolder();
    await runCommand(bin, ['init', '--data', data]);
    expect(await json('status', '--data', data)).toMatchObject({ state: 'stopped', store: { messages: 0 } });
    await expect(stat(path.join(data, 'store.sqlite'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('make invitations that admit, and revoke them', async () => {
    const root = await testFolder();
    const data = path.join(root, 'gateway');
    const env = { WAYPOST_MEDIATION_ADMISSION: 'invitation', WAYPOST_NAME: 'Boat 7' };
    const gateway = await startGateway(bin, ['--data', data, '--http', '127.0.0.1:0'], { env });
    const standing = (await json('invite', '--data', data)).invitation;
    const made = await json('invite', '--data', data, '--new', '--goal', 'for the boat');
    expect(parseInvitation((await json('invite', '--data', data, '--new')).invitation).goal).toBe(
      'Use Boat 7 as a mediator',
    );
    expect((await json('status', '--data', data)).name).toBe('Boat 7');
    const follow = (name: string, invitation: string) =>
      runCommand(bin, ['recv', '--data', path.join(root, name), '--invitation', invitation, '--timeout', '0.5']);
    const base = new URL(standing).origin;
    const other = made.invitation.replace(/^[^?]*/, `${base}/`);
    expect((await follow('a', standing)).code).toBe(3);
    expect((await follow('b', other)).code).toBe(3);
    expect((await runCommand(bin, ['invite', '--data', data, '--revoke', made.id])).code).toBe(0);
    expect((await follow('c', other)).code).toBe(1);
    expect(await gateway.stop()).toBe(0);
  });

  it('leave no secret in a support bundle, and a backup of a used gateway can be restored', async () => {
    const { data } = await usedGateway();
    const root = await testFolder();
    const bundle = path.join(root, 'bundle.json');
    expect((await runCommand(bin, ['support-bundle', bundle, '--data', data])).code).toBe(0);
    const text = await readFile(bundle, 'utf8');
    expect(JSON.parse(text).status.value.state).toBe('running');
    const identity = JSON.parse(await readFile(path.join(data, 'identity.json'), 'utf8')).content;
    const token = (await readFile(path.join(data, 'admin-token'), 'utf8')).trim();
    const secrets = identity.current.secrets.map(({ d }: { d: string }) => d);
    for (const secret of [...secrets, identity.invitationId, token]) expect(text).not.toContain(secret);

    const backup = path.join(root, 'backup');
    expect(await runCommand(bin, ['backup', backup, '--plain', '--data', data])).toMatchObject({ code: 0, stderr: '' });
    const copy = path.join(root, 'copy');
    expect((await runCommand(bin, ['restore', backup, '--data', copy])).code).toBe(0);
    expect((await json('status', '--data', copy)).store.messages).toBe(1);
  });

  it('keep every file of a used folder private', async () => {
    const { data } = await usedGateway();
    for (const name of ['identity.json', 'admin-token', 'runtime.json', 'store.sqlite', 'store.sqlite-wal']) {
      expect([name, ((await stat(path.join(data, name))).mode & 0o777).toString(8)]).toEqual([name, '600']);
    }
  });
});

it('waypost demo ends by itself, with nothing lost, also where there is no socat', async () => {
  const [usual, bare] = await Promise.all([
    runCommand(bin, ['demo']),
    runCommand(bin, ['demo'], { env: { PATH: '/nowhere' } }),
  ]);
  for (const { code, stdout, stderr } of [usual, bare]) {
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('Ben reads: "Dinner at eight?"');
    expect(stdout).toMatch(/Ben reads: "temperature [\d.-]+ Cel", proven to be from the thermometer/);
    expect(stdout).toMatch(
      /Cleo reads: "Wait for me\.", proven to be from Dora|Bluetooth.*\n.*packages for it are missing/,
    );
    expect(stdout).toMatch(/The agent has \d+ events now: every frame .* exactly once,/);
    expect(stdout).toContain('the gateway holds 0 messages now');
    expect(stdout).toContain('Ben reads: "Bring the key.", proven to be from Anna.');
  }
  expect(bare.stdout).toContain('in memory, because socat is not installed');
});

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { invitationOf, makeMailbox } from '../../support/mailboxes.js';
import {
  beginCommand,
  buildCommand,
  errorOf,
  type GatewayProcess,
  runCommand,
  startGateway,
  testFolder,
} from '../../support/processes.js';

let bin: string;
beforeAll(async () => {
  bin = await buildCommand();
});

/** Starts a gateway with a public URL at its own port, and again on the same one. */
async function gatewayAt(data: string, env: Record<string, string> = {}): Promise<GatewayProcess> {
  const gateway = await startGateway(bin, ['--data', data, '--http', '127.0.0.1:0'], { env });
  return gateway;
}

async function restart(
  gateway: GatewayProcess,
  data: string,
  env: Record<string, string> = {},
): Promise<GatewayProcess> {
  return startGateway(bin, ['--data', data, '--http', gateway.http.replace('http://', '')], { env });
}

const send = (data: string, to: string, text: string, ...more: string[]) =>
  runCommand(bin, ['send', '--data', data, '--to', to, '--json', ...more, text]);

const contents = (stdout: string): string[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).content);

describe('send and recv through a gateway', () => {
  it('move texts between two terminals, in their order, with a proven sender', async () => {
    const root = await testFolder();
    await gatewayAt(path.join(root, 'gateway'));
    const invitation = await invitationOf(bin, path.join(root, 'gateway'));
    expect(invitation).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?_oob=/);
    const [a, b] = [path.join(root, 'a'), path.join(root, 'b')];
    const did = await makeMailbox(bin, a, invitation);

    const receiving = beginCommand(bin, ['recv', '--data', a, '--count', '2', '--timeout', '30', '--json']);
    const first = await send(b, did, 'one', '--invitation', invitation);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    const { from, via } = JSON.parse(first.stdout);
    expect(via).toBe('mediator');
    expect((await send(b, did, 'two')).code).toBe(0);
    const { code, stdout } = await receiving.finished;
    expect(code).toBe(0);
    expect(contents(stdout)).toEqual(['one', 'two']);
    expect(JSON.parse(stdout.split('\n')[0] ?? '')).toMatchObject({ from, body: { content: 'one' } });
  });

  it('lose nothing when the gateway is killed while messages wait, or while somebody receives', async () => {
    const root = await testFolder();
    const data = path.join(root, 'gateway');
    let gateway = await gatewayAt(data);
    const invitation = await invitationOf(bin, data);
    const [a, b] = [path.join(root, 'a'), path.join(root, 'b')];
    const did = await makeMailbox(bin, a, invitation);
    await send(b, did, 'while away', '--invitation', invitation);
    await gateway.kill();
    const unreachable = await send(b, did, 'nobody is there');
    expect(unreachable.code).toBe(3);
    expect(errorOf(unreachable)).toMatchObject({
      code: 'ERR_NETWORK',
      message: expect.stringContaining(new URL(gateway.http).host),
    });

    gateway = await restart(gateway, data);
    const receiving = beginCommand(bin, ['recv', '--data', a, '--count', '3', '--timeout', '40', '--json']);
    expect((await send(b, did, 'after the first kill')).code).toBe(0);
    await gateway.kill();
    await restart(gateway, data);
    expect((await send(b, did, 'after the second kill')).code).toBe(0);
    const { code, stdout } = await receiving.finished;
    expect(contents(stdout)).toEqual(['while away', 'after the first kill', 'after the second kill']);
    expect(code).toBe(0);
    // Nothing comes twice.
    expect(await runCommand(bin, ['recv', '--data', a, '--timeout', '1', '--json'])).toMatchObject({
      code: 3,
      stdout: '',
    });
  });

  it('wait for a gateway that is away when the mailbox is new, as they do later', async () => {
    const root = await testFolder();
    const data = path.join(root, 'gateway');
    const gateway = await gatewayAt(data);
    const invitation = await invitationOf(bin, data);
    await gateway.kill();
    const [a, b] = [path.join(root, 'a'), path.join(root, 'b')];
    const late = await runCommand(bin, ['recv', '--data', b, '--invitation', invitation, '--timeout', '0.5', '--json']);
    expect(late).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('"code":"ERR_NETWORK"') });

    const options = ['--data', a, '--invitation', invitation, '--count', '1', '--timeout', '40', '--json'];
    const receiving = beginCommand(bin, ['recv', ...options]);
    await restart(gateway, data);
    const isRegistered = async () => JSON.parse(await readFile(path.join(a, 'mediator.json'), 'utf8')).isRegistered;
    await expect.poll(() => isRegistered().catch(() => false), { timeout: 20_000 }).toBe(true);
    const did = JSON.parse((await runCommand(bin, ['id', '--data', a, '--json'])).stdout).did;
    expect((await send(b, did, 'you waited', '--invitation', invitation)).code).toBe(0);
    const { code, stdout } = await receiving.finished;
    expect(contents(stdout)).toEqual(['you waited']);
    expect(code).toBe(0);
  });

  it('keep to their own data folders', async () => {
    const root = await testFolder();
    const data = path.join(root, 'gateway');
    const gateway = await gatewayAt(data);
    const invitation = await invitationOf(bin, data);
    const ofGateway = await send(data, gateway.did, 'text');
    expect(ofGateway.code).toBe(2);
    expect(errorOf(ofGateway).message).toContain('data folder of a gateway');
    const a = path.join(root, 'a');
    await makeMailbox(bin, a, invitation);
    const asGateway = await runCommand(bin, ['start', '--data', a, '--http', '127.0.0.1:0', '--admin', 'off']);
    expect(asGateway.code).toBe(2);
    expect(errorOf(asGateway).message).toContain('mailbox');
    // The gateway takes texts for whoever operates it; nobody else gets them.
    expect((await send(path.join(root, 'b'), gateway.did, 'hello', '--invitation', invitation)).code).toBe(0);
  });
});

describe('two gateways in two processes, one upstream of the other', () => {
  it('pass messages both ways, also over a time without backhaul', async () => {
    const root = await testFolder();
    const [internet, local] = [path.join(root, 'internet'), path.join(root, 'local')];
    // The upstream is at a public URL, as far as this machine knows.
    const probe = await gatewayAt(path.join(root, 'probe'));
    await probe.stop();
    const url = probe.http;
    let upstream = await startGateway(bin, [
      '--data',
      internet,
      '--http',
      url.replace('http://', ''),
      '--public-url',
      url,
    ]);
    const upstreams = JSON.stringify([{ invitation: await invitationOf(bin, internet) }]);
    const env = { WAYPOST_UPSTREAMS: upstreams };
    let downstream = await gatewayAt(local, env);
    const [a, b] = [path.join(root, 'a'), path.join(root, 'b')];
    const didA = await makeMailbox(bin, a, await invitationOf(bin, local));
    const didB = await makeMailbox(bin, b, await invitationOf(bin, internet));
    const receive = (data: string) =>
      beginCommand(bin, ['recv', '--data', data, '--count', '1', '--timeout', '40', '--json']).finished;

    // Out: what the local device sends waits at the local gateway until the upstream is back.
    await upstream.kill();
    expect(JSON.parse((await send(a, didB, 'from the field')).stdout)).toMatchObject({ via: 'mediator' });
    upstream = await restart(upstream, internet);
    expect(contents((await receive(b)).stdout)).toEqual(['from the field']);

    // In: what comes from the internet waits at the upstream until the local gateway is back.
    await downstream.kill();
    expect((await send(b, didA, 'to the field')).code).toBe(0);
    downstream = await restart(downstream, local, env);
    expect(contents((await receive(a)).stdout)).toEqual(['to the field']);

    const status = JSON.parse((await runCommand(bin, ['status', '--data', local, '--json'])).stdout);
    expect(status.upstreams).toMatchObject([{ did: upstream.did, state: 'live', lastError: null }]);
    const ready = await (await fetch(`${downstream.admin}/readyz`)).json();
    expect(ready.parts).toContainEqual({ part: `upstream ${upstream.did}`, ready: true, detail: 'live' });
  }, 90_000);
});

import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { invitationOf, makeMailbox } from '../../support/mailboxes.js';
import {
  beginCommand,
  buildCommand,
  type GatewayProcess,
  runCommand,
  startGateway,
  testFolder,
} from '../../support/processes.js';

let bin: string;
beforeAll(async () => {
  bin = await buildCommand();
});

const gatewayAt = (data: string, port = '0'): Promise<GatewayProcess> =>
  startGateway(bin, ['--data', data, '--http', `127.0.0.1:${port}`]);

/** Makes a mailbox at the gateway on the data folder `gateway`; gives its DID. */
const mailbox = async (data: string, gateway: string): Promise<string> =>
  makeMailbox(bin, data, await invitationOf(bin, gateway));

const watchOptions = (data: string, to: string, ...more: string[]) => [
  'send',
  '--data',
  data,
  '--to',
  to,
  '--watch',
  ...more,
  'hello',
];
const receive = (data: string) =>
  runCommand(bin, ['recv', '--data', data, '--count', '1', '--timeout', '30', '--json']);

const linesOf = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

describe('send --watch', () => {
  it('says when the gateway has it on disk and when the recipient has fetched it, each once, also over a kill -9', async () => {
    const root = await testFolder();
    const [site, anna, ben] = ['site', 'anna', 'ben'].map((name) => path.join(root, name)) as [string, string, string];
    const gateway = await gatewayAt(site);
    const [did] = [await mailbox(ben, site), await mailbox(anna, site)];
    const watching = beginCommand(bin, watchOptions(anna, did, '--timeout', '60'));
    await expect.poll(() => watching.output().stdout).toContain('on disk');
    await gateway.kill();
    await gatewayAt(site, new URL(gateway.http).port);
    expect((await receive(ben)).code).toBe(0);
    const { code, stdout } = await watching.finished;
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(/^\d\d:\d\d:\d\d {2}held by gateway did:peer:2\S+ \(on disk\)$/),
      expect.stringMatching(/^\d\d:\d\d:\d\d {2}delivered: the recipient fetched it from gateway did:peer:2/),
      expect.stringMatching(/^Delivered\. Its id is [0-9a-f]{32}\.$/),
      '',
    ]);
    expect(code).toBe(0);
  }, 90_000);

  it('says with exit code 3 when it is not delivered in time, and for programs everything with its proof', async () => {
    const root = await testFolder();
    const [site, anna, ben] = ['site', 'anna', 'ben'].map((name) => path.join(root, name)) as [string, string, string];
    const gateway = await gatewayAt(site);
    const [did] = [await mailbox(ben, site), await mailbox(anna, site)];
    const late = await runCommand(bin, watchOptions(anna, did, '--json', '--timeout', '1'));
    expect(late.code).toBe(3);
    expect(linesOf(late.stdout)).toEqual([
      {
        state: 'held',
        seconds: 0,
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        station: gateway.did,
        time: expect.stringMatching(/Z$/),
        proof: { payload: expect.any(String), signatures: [expect.anything()] },
      },
      { id: expect.any(String), from: expect.any(String), to: did, end: 'late' },
    ]);
    await gateway.kill();
    const away = await runCommand(bin, watchOptions(anna, did, '--timeout', '0.5'));
    expect(away).toMatchObject({ code: 3, stdout: '' });
    expect(away.stderr).toContain('"code":"ERR_NETWORK"');
    expect(await runCommand(bin, ['send', '--data', anna, '--to', did, '--timeout', '1', 'x'])).toMatchObject({
      code: 2,
    });
  });

  it('shows the way over two gateways: held here, handed to the mediator there, held there, delivered', async () => {
    const root = await testFolder();
    const names = ['near', 'far', 'anna', 'ben'].map((name) => path.join(root, name));
    const [near, far, anna, ben] = names as [string, string, string, string];
    // The far one is at a public URL, as far as this machine knows.
    const probe = await gatewayAt(path.join(root, 'probe'));
    await probe.stop();
    const atUrl = ['--data', far, '--http', probe.http.replace('http://', ''), '--public-url', probe.http];
    const there = await startGateway(bin, atUrl);
    const to = await mailbox(ben, far);
    const env = { WAYPOST_UPSTREAMS: JSON.stringify([{ invitation: await invitationOf(bin, far) }]) };
    const here = await startGateway(bin, ['--data', near, '--http', '127.0.0.1:0'], { env });
    await mailbox(anna, near);
    await there.kill();
    const watching = beginCommand(bin, watchOptions(anna, to, '--json', '--timeout', '60'));
    await expect.poll(() => linesOf(watching.output().stdout)).toMatchObject([{ state: 'held', station: here.did }]);
    await startGateway(bin, atUrl);
    await expect
      .poll(() => linesOf(watching.output().stdout), { timeout: 20_000 })
      .toMatchObject([{ state: 'held' }, { state: 'handed-on' }, { state: 'held', station: there.did }]);
    expect((await receive(ben)).code).toBe(0);
    const { code, stdout } = await watching.finished;
    expect(linesOf(stdout)).toMatchObject([
      { state: 'held', station: here.did },
      { state: 'handed-on', station: here.did, to: there.did },
      { state: 'held', station: there.did },
      { state: 'delivered', station: there.did },
      { end: 'delivered' },
    ]);
    expect(code).toBe(0);
  }, 90_000);
});

import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { invitationOf } from '../../support/mailboxes.js';
import { buildCommand, errorOf, runCommand, startGateway, testFolder } from '../../support/processes.js';

let bin: string;
beforeAll(async () => {
  bin = await buildCommand();
});

async function openGateway(): Promise<{ readonly data: string; readonly invitation: string }> {
  const data = path.join(await testFolder(), 'gateway');
  await startGateway(bin, ['--data', data, '--http', '127.0.0.1:0']);
  return { data, invitation: await invitationOf(bin, data) };
}

const sim = (...args: string[]) => runCommand(bin, ['sim', ...args]);

describe('waypost sim', () => {
  it('is a device on the network of the gateway, and ends when it sent enough', async () => {
    const { invitation } = await openGateway();
    const args = ['--transport', 'websocket', '--invitation', invitation, '--count', '2', '--interval', '0'];
    const { code, stdout } = await sim(...args);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^Connected over ws:.*\nRegistered\. .*\ndid:peer:2\.\S+\n(.*\n)*Sent 2: ping\. Accepted after \d+ ms\.\n/,
    );
  });

  it('writes message files that the gateway imports, and pictures', async () => {
    const { data, invitation } = await openGateway();
    const folder = path.join(await testFolder(), 'stick');
    const count = ['--invitation', invitation, '--count', '2', '--interval', '0', '--json'];
    expect(await sim('--transport', 'file', '--folder', folder, ...count)).toMatchObject({ code: 0 });
    expect((await readdir(folder)).filter((name) => name.endsWith('.dcem'))).toHaveLength(2);
    const imported = await runCommand(bin, ['import', '--data', data, folder, '--json']);
    expect(imported.code).toBe(0);
    expect(JSON.parse(imported.stdout)).toMatchObject({ skipped: [] });
    const pictures = path.join(await testFolder(), 'pictures');
    expect(await sim('--transport', 'qr', '--folder', pictures, ...count)).toMatchObject({ code: 0 });
    expect((await readdir(pictures)).every((name) => name.endsWith('.png'))).toBe(true);
  });

  it('lists its profiles', async () => {
    const { code, stdout } = await sim('--profiles');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^serial:\n {2}clean +115200 baud {2}.*\n(.*\n)* {2}noisy-9600 +9600 baud.*\n(.*\n)*ble, ble-dif:\n {2}near +MTU 247/,
    );
  });

  it('says what is wrong with its options', async () => {
    const invited = ['--invitation', bareInvitation()];
    const cases: readonly (readonly [readonly string[], string])[] = [
      [['--count', '1'], 'whose device is it? --invitation URL'],
      [['--invitation', 'nonsense'], '--invitation cannot be read'],
      [[...invited, '--profile', 'perfect'], '"perfect" is no profile; there are clean, fast'],
      [[...invited, '--profile', 'clean', '--port', '/dev/ttyUSB0'], 'is of a simulated line'],
      [[...invited, '--transport', 'ble', '--profile', 'noisy-9600'], 'is no profile; there are near, fast'],
      [[...invited, '--transport', 'ble', '--port', '/dev/ttyUSB0'], 'is no Bluetooth adapter: --port hci0'],
      [[...invited, '--transport', 'ble', '--port', 'hci0', '--profile', 'near'], 'is of a simulated radio'],
      [[...invited, '--transport', 'qr'], 'qr needs a folder: --folder DIR'],
      [[...invited, '--transport', 'websocket'], '--url ws://HOST:PORT'],
    ];
    const finished = await Promise.all(cases.map(([args]) => sim(...args)));
    expect(finished.map(({ code }) => code)).toEqual(cases.map(() => 2));
    expect(finished.map((one) => errorOf(one).message)).toEqual(
      cases.map(([, message]) => expect.stringContaining(message)),
    );
  });
});

/** One that does not say where the gateway is. */
function bareInvitation(): string {
  const message = {
    id: '1',
    type: 'https://didcomm.org/out-of-band/2.0/invitation',
    from: 'did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH',
    body: {},
  };
  return `didcomm://?_oob=${Buffer.from(JSON.stringify(message)).toString('base64url')}`;
}

import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { DeviceEvent } from '../../../firmware-sim/device/device.js';
import { describePackages } from '../../support/bluetooth/describe-packages.js';
import {
  type BegunCommand,
  beginCommand,
  buildCommand,
  runCommand,
  startGateway,
  testFolder,
} from '../../support/processes.js';
import { canMakePtys } from '../../support/pty-lines.js';

const POLL = { timeout: 30_000, interval: 50 };

let bin: string;
beforeAll(async () => {
  bin = await buildCommand();
});

const json = async (...args: string[]) => JSON.parse((await runCommand(bin, [...args, '--json'])).stdout);

function said<E extends DeviceEvent['event']>(device: BegunCommand, name: E): Extract<DeviceEvent, { event: E }>[] {
  const lines = device.output().stdout.split('\n').slice(0, -1);
  const events = lines.map((line): DeviceEvent => JSON.parse(line));
  return events.filter((event): event is Extract<DeviceEvent, { event: E }> => event.event === name);
}

/** The first terminal: a phone, and beside it the adapter for a gateway whose data are in `data`. */
async function startPhone(root: string, transport: 'ble' | 'ble-dif', ...options: string[]) {
  const [data, pty] = [path.join(root, 'gateway'), path.join(root, 'hci')];
  const first = await startGateway(bin, ['--data', data, '--http', '127.0.0.1:0']);
  const { invitation } = await json('invite', '--data', data);
  await first.stop();
  const where = ['--transport', transport, '--pty', pty, '--invitation', invitation];
  const phone = beginCommand(bin, ['sim', ...where, '--interval', '0.2', '--json', ...options]);
  await expect
    .poll(() => phone.output().stderr, POLL)
    .toContain(`_UART_PORT=${pty} waypost start --listen ${transport}:`);
  return {
    data,
    invitation,
    http: first.http.replace('http://', ''),
    phone,
    env: { BLUETOOTH_HCI_SOCKET_UART_PORT: pty },
  };
}

describe.skipIf(!canMakePtys())('waypost sim', () => {
  describePackages('is a phone, and an adapter for a gateway in another process', () => {
    it('that goes on with both when it was killed with -9', async () => {
      const root = await testFolder();
      const { data, invitation, http, phone, env } = await startPhone(root, 'ble', '--profile', 'far');
      const start = () => startGateway(bin, ['--data', data, '--http', http, '--listen', 'ble:'], { env });
      const gateway = await start();
      const sent = (): number => said(phone, 'sent').length;
      await expect.poll(sent, POLL).toBeGreaterThan(1);

      const status = await json('status', '--data', data);
      expect(status).toMatchObject({ connections: 1, live: 1, addresses: expect.arrayContaining(['ble:']) });
      const metrics = await (await fetch(`${gateway.admin}/metrics`)).text();
      expect(metrics).toContain('\nwaypost_connections 1\n');
      expect(metrics).toContain('\nwaypost_live_recipients 1\n');
      const [{ did } = { did: '' }] = said(phone, 'registered');
      const [peer] = await json('peers', '--data', data);
      expect(peer).toMatchObject({
        remoteAddress: 'ble:c0:ff:ee:00:00:02',
        dids: [expect.stringMatching(/^did:peer:/)],
      });

      await gateway.kill();
      const again = await start();
      const before = sent();
      await expect.poll(sent, POLL).toBeGreaterThan(before + 1);
      expect(said(phone, 'registered')).toHaveLength(1);

      const letter = ['--data', path.join(root, 'ben'), '--invitation', invitation, '--to', did, 'How far are you?'];
      expect(await runCommand(bin, ['send', ...letter])).toMatchObject({ code: 0 });
      await expect
        .poll(() => said(phone, 'received').map(({ content }) => content), POLL)
        .toContain('How far are you?');
      phone.interrupt();
      expect(await phone.finished).toMatchObject({ code: 0 });
      const lastState = () => [...again.stderr().matchAll(/powered(On|Off)/g)].at(-1)?.[0];
      await expect.poll(lastState, POLL).toBe('poweredOff');
      expect(await again.stop()).toBe(0);
    }, 60_000);

    it('that speaks the profile of the DIF', async () => {
      const { data, phone, env } = await startPhone(await testFolder(), 'ble-dif', '--count', '2');
      const listen = ['--listen', 'ble:', '--listen', 'ble-dif:'];
      const gateway = await startGateway(bin, ['--data', data, '--http', '127.0.0.1:0', ...listen], { env });
      expect(await phone.finished).toMatchObject({ code: 0 });
      expect(said(phone, 'connected')).toEqual([{ event: 'connected', address: 'ble-dif:c0:ff:ee:00:00:01' }]);
      expect(await gateway.stop()).toBe(0);
    }, 60_000);
  }, ['stoprocent']);
});

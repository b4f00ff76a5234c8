import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { hasBluetoothPackages } from '../../firmware-sim/bluetooth/packages.js';
import { serveUart } from '../../firmware-sim/bluetooth/uart.js';
import { hasPtys, openPty } from '../../firmware-sim/line/pty.js';
import { openWebPeerPages } from '../../src/daemon/run/web-peer-pages.js';
import { parseInvitation } from '../../src/protocols/out-of-band.js';
import { World } from '../support/bluetooth/world.js';
import { openLineToCut } from '../support/line-to-cut.js';
import { buildCommand, runCommand, startGateway, testFolder } from '../support/processes.js';
import { describeBrowser, launchChromium, openWatchedPage } from './chromium.js';
import { emulateBluetooth, WEB_BLUETOOTH } from './emulated-bluetooth.js';
import { add, begin, invitationOf, message, seen, write } from './people.js';

/*
 * The web peer in Chromium and a gateway as it is shipped, between them Bluetooth. Chromium's adapter and the radio are
 * emulated, and notifications are made in the page: test/browser/emulated-bluetooth.ts says what that means. Chooser,
 * connecting, discovery, subscribing and writing are Chromium's; the gateway runs on noble and bleno as they are.
 */

const missing = hasPtys() && hasBluetoothPackages() ? undefined : 'socat or the packages of stoprocent are absent';

describeBrowser(
  'a web peer and Bluetooth',
  () => {
    let bin: string;
    let browser: Browser;
    beforeAll(async () => {
      bin = await buildCommand();
    });
    beforeEach(async () => {
      browser = await launchChromium(WEB_BLUETOOTH); // of its own: an emulated adapter belongs to the browser
      onTestFinished(() => browser.close());
    });

    /** A gateway process with an adapter of a simulated place, and a computer in the hand of somebody else there. */
    async function place(root: string) {
      const world = new World();
      world.followRealTime();
      const pty = await openPty(path.join(root, 'hci'));
      const [adapter, phone] = [world.device(), world.device()];
      void serveUart({ computer: adapter.computer, pty, onNonsense: () => expect.fail('no HCI came') });
      onTestFinished(() => pty[Symbol.asyncDispose]());
      const data = path.join(root, 'gateway');
      const env = { BLUETOOTH_HCI_SOCKET_UART_PORT: pty.path, WAYPOST_HTTP_WEB_PEER: 'on' };
      const gateway = await startGateway(bin, ['--data', data, '--http', '127.0.0.1:0', '--listen', 'ble:'], { env });
      const { stdout } = await runCommand(bin, ['invite', '--data', data, '--json']);
      const { invitation } = JSON.parse(stdout);
      return { gateway, invitation, fragment: new URL(invitation).search, phone: phone.computer };
    }

    /** A host with the files of the page and nothing else. */
    async function staticHost(): Promise<string> {
      const folder = pathToFileURL(`${path.join(path.dirname(bin), '..', 'web-peer')}/`);
      const pages = await openWebPeerPages(folder, (_request, response) => response.writeHead(200).end('welcome'));
      const server = createServer(pages).listen(0, '127.0.0.1');
      onTestFinished(() => void server.close());
      await new Promise((resolve) => server.once('listening', resolve));
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}/peer/`;
    }

    it('from a host that knows nothing of the gateway: chats with an agent that has a network', async () => {
      const root = await testFolder();
      const { invitation, fragment, phone } = await place(root);
      const ada = await openWatchedPage(browser);
      const adapter = await emulateBluetooth(browser, ada.page, phone);
      await begin(ada, 'Ada', `${await staticHost()}#${fragment}`);
      await ada.page.getByText('Looking for the gateway').waitFor();
      await ada.page.getByRole('button', { name: 'Connect by Bluetooth' }).click();
      await ada.page.getByText('Connected to the gateway by Bluetooth.').waitFor();

      const { from } = parseInvitation(await invitationOf(ada));
      const mailbox = ['--data', path.join(root, 'mailbox'), '--json'];
      const sent = await runCommand(bin, ['send', ...mailbox, '--invitation', invitation, '--to', from, 'hello Ada']);
      expect(sent).toMatchObject({ code: 0, stderr: '' });
      await ada.page.getByRole('button', { name: '(new, not accepted)' }).click();
      await message(ada, 'hello Ada').waitFor();
      await ada.page.getByLabel('What you call it').fill('a terminal');
      await ada.page.getByRole('button', { name: 'Accept' }).click();
      const long = 'x'.repeat(5000);
      await write(ada, long);
      await seen(ada, long, 'held by the gateway');
      const { stdout } = await runCommand(bin, ['recv', ...mailbox, '--count', '1', '--timeout', '20']);
      expect(JSON.parse(stdout)).toMatchObject({ from, body: { content: long } });

      await adapter.drop();
      await write(ada, 'and again');
      await seen(ada, 'and again', 'held by the gateway');
      expect(adapter.connections).toBeGreaterThan(1);
      expect([adapter.written[0], Math.max(...adapter.written)]).toEqual([20, 244]);
      expect(ada.complaints.filter((text) => !text.includes('WebSocket'))).toEqual([]);
    });

    it('from the gateway: nothing is lost or doubled when the network goes and comes', async () => {
      const { gateway, fragment, phone } = await place(await testFolder());
      const network = await openLineToCut(() => Number(new URL(gateway.http).port));
      onTestFinished(() => network[Symbol.asyncDispose]());
      const ada = await openWatchedPage(browser);
      const bob = await openWatchedPage(browser);
      const adapter = await emulateBluetooth(browser, ada.page, phone);
      await begin(ada, 'Ada', `http://127.0.0.1:${network.port}/peer/#${fragment}`);
      await begin(bob, 'Bob', `${gateway.http}/peer/#${fragment}`);
      await ada.page.getByText('Connected to the gateway.').waitFor();
      await add(ada, await invitationOf(bob));
      await write(ada, 'one, by network');
      await bob.page.getByRole('button', { name: 'Unknown' }).click();
      const expected = ['one, by network'];
      const exchange = async (label: string) => {
        for (const [from, to, text] of [
          [ada, bob, `${label} to Bob`],
          [bob, ada, `${label} to Ada`],
        ] as const) {
          await write(from, text);
          await message(to, text).waitFor();
          expected.push(text);
        }
      };
      await exchange('over the network');
      await ada.page.getByRole('button', { name: 'Connect by Bluetooth' }).click();
      await ada.page.getByText('It is connected to when the network does not lead to it.').waitFor();
      expect(adapter.connections).toBe(0);

      network.cut();
      await write(ada, 'while the network goes');
      expected.push('while the network goes');
      await ada.page.getByText('Connected to the gateway by Bluetooth.').waitFor();
      await exchange('over Bluetooth');
      network.restore();
      await adapter.drop();
      await write(bob, 'while it comes');
      expected.push('while it comes');
      await ada.page.getByText('Connected to the gateway.').waitFor();
      await exchange('over the network again');

      for (const { page } of [ada, bob]) {
        await expect.poll(() => page.locator('li.message').count()).toBe(expected.length);
        for (const text of expected) expect(await message({ page }, text).count()).toBe(1);
      }
    });
  },
  missing,
);

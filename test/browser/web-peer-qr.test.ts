import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Page, Route } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseInvitation } from '../../src/protocols/out-of-band.js';
import { buildCommand, runCommand, testFolder } from '../support/processes.js';
import { openWatchedPage } from './chromium.js';
import { codeOf, describeFilmed, type FilmedBrowser, launchFilmedBrowser, photographCodes } from './film.js';
import {
  add,
  begin,
  comeBack,
  cutOff,
  invitationOf,
  message,
  newPerson,
  seen,
  startPeerGateway,
  write,
} from './people.js';

/*
 * A phone whose only way to its gateway is light. Its camera is Chromium's, which plays a film of what the gateway showed; its
 * screen is photographed, and the gateway reads the photographs.
 */

const WITH_CAMERA = { permissions: ['camera'] };

describeFilmed('a web peer with a camera', () => {
  let bin: string;
  let filmed: FilmedBrowser;
  beforeAll(async () => {
    [bin, filmed] = await Promise.all([buildCommand(), launchFilmedBrowser()]);
  });
  afterAll(() => filmed?.[Symbol.asyncDispose]());

  const person = (name: string, invited: string) => newPerson(filmed.browser, name, invited, WITH_CAMERA);

  it('reads invitations with it, says whose they are, and is connected by them', async () => {
    const env = { WAYPOST_NAME: 'Camp 3' };
    const folder = path.join(await testFolder(), 'gateway');
    const { process, data, invited } = await startPeerGateway(bin, folder, '127.0.0.1:0', env);
    const { stdout } = await runCommand(bin, ['invite', '--data', data, '--json'], { env });
    await filmed.showPicture(codeOf(JSON.parse(stdout).invitation));
    const { page, complaints } = await openWatchedPage(filmed.browser, WITH_CAMERA);
    await page.goto(`${process.http}/peer/`);
    await page.getByRole('button', { name: 'Scan the code' }).click();
    await page.getByText('the invitation of a gateway: Use Camp 3 as a mediator').waitFor();
    await page.getByLabel('Your name').fill('Ada');
    await page.getByRole('button', { name: 'Begin' }).click();
    await page.getByText('Connected to the gateway.').waitFor();

    const bob = await person('Bob', invited);
    const shown = bob.page.getByRole('img', { name: 'QR code of your invitation' });
    await filmed.showPicture(await shown.screenshot());
    await page.getByRole('button', { name: 'Scan the code' }).click();
    await page.getByText('the invitation of a person: Bob').waitFor();
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('heading', { name: 'Bob' }).waitFor();
    expect(complaints).toEqual([]);
  });

  it('says in plain words why there is no camera', async () => {
    const { process } = await startPeerGateway(bin, path.join(await testFolder(), 'gateway'));
    const denied = await openWatchedPage(filmed.browser);
    await denied.page.goto(`${process.http}/peer/`);
    await denied.page.getByRole('button', { name: 'Scan the code' }).click();
    await denied.page.getByRole('alert').getByText('the camera was not allowed').waitFor();

    const insecure = await openWatchedPage(filmed.browser, WITH_CAMERA);
    await insecure.page.addInitScript('delete Navigator.prototype.mediaDevices'); // as browsers do over plain http
    await insecure.page.goto(`${process.http}/peer/`);
    await insecure.page.getByRole('button', { name: 'Scan the code' }).click();
    await insecure.page.getByRole('alert').getByText('opened by https').waitFor();
  });

  it('gets a mailbox at a gateway that it never had a connection to', async () => {
    const root = await testFolder();
    const { data, invited } = await startPeerGateway(bin, path.join(root, 'gateway'));
    const ada = await openWatchedPage(filmed.browser, WITH_CAMERA);
    const { page } = ada;
    // The page could come from any host.
    await page.context().routeWebSocket(/./, (socket) => socket.close());
    await page.context().route('**/*', (route) => (isPost(route) ? route.abort() : route.fallback()));
    await begin(ada, 'Ada', invited);
    await page.getByText('It is ready when the gateway was reached').waitFor();
    await page.getByRole('button', { name: 'Show the request for a mailbox' }).click();
    await photographCodes(ada, path.join(root, 'screen'));
    await page.getByRole('button', { name: 'The gateway says that it has it' }).click();
    const taken = await runCommand(bin, ['import', '--data', data, '--qr', path.join(root, 'screen'), '--json']);
    expect(JSON.parse(taken.stdout)).toMatchObject({ handled: 1, skipped: [] });

    const pictures = path.join(root, 'shown');
    await mkdir(pictures);
    await runCommand(bin, ['export', '--data', data, '--qr-pictures', pictures]);
    await filmed.show(pictures);
    await page.getByRole('button', { name: 'Scan the screen' }).click();
    await page.getByText('2 messages were read and kept').waitFor();
    await page.getByRole('button', { name: 'Stop the camera' }).click();
    await page.getByRole('img', { name: 'QR code of your invitation' }).waitFor();
    await page.getByText('Looking for the gateway').waitFor();
  }, 120_000);

  it('exchanges messages with its gateway by light alone, and believes only what came back', async () => {
    const root = await testFolder();
    const watched = path.join(root, 'watched');
    await mkdir(watched);
    const settings = { WAYPOST_QR_LISTEN: `qr:pictures:${watched}` };
    const { process, data, invited } = await startPeerGateway(bin, path.join(root, 'gateway'), '127.0.0.1:0', settings);
    const bob = await person('Bob', invited);
    const before = await person('Ada', invited);
    const { from: adaDid } = parseInvitation(await invitationOf(before));
    await add(before, await invitationOf(bob));
    await before.page.getByRole('button', { name: 'Back' }).click();
    await add(bob, await invitationOf(before));
    await cutOff(before);
    await before.page.close();
    await write(bob, 'by light, to Ada');
    await seen(bob, 'by light, to Ada', 'held by the gateway');

    // The gateway's screen, before Ada's camera.
    let shows = 0;
    const film = async (): Promise<void> => {
      const pictures = path.join(root, `shown-${++shows}`);
      await mkdir(pictures);
      await runCommand(bin, ['export', '--data', data, '--for', adaDid, '--qr-pictures', pictures]);
      await filmed.show(pictures);
    };
    const waiting = async (): Promise<number> => {
      const { stdout } = await runCommand(bin, ['queue', 'ls', '--data', data, '--json']);
      return JSON.parse(stdout).length;
    };
    await film();
    const ada = await comeBack(before, `${process.http}/peer/`);
    await ada.page.getByText('Looking for the gateway').waitFor();
    await ada.page.getByRole('button', { name: 'Scan the screen' }).click();
    await ada.page.getByText('1 message was read and kept').waitFor();
    await ada.page.getByRole('button', { name: 'Stop the camera' }).click();
    expect(await waiting()).toBe(1);

    // Ada's screen, photographed and imported: that it was picked up, and Ada's ACK for Bob.
    await showAll(ada, 2, path.join(root, 'screen-1'));
    const taken = await runCommand(bin, ['import', '--data', data, '--qr', path.join(root, 'screen-1'), '--json']);
    expect(JSON.parse(taken.stdout)).toMatchObject({ handled: 2, skipped: [] });
    await seen(bob, 'by light, to Ada', 'delivered to their device');
    await bob.page.close();

    // An answer, read by a folder that the gateway watches.
    await ada.page.getByRole('button', { name: 'Bob' }).click();
    await message(ada, 'by light, to Ada').waitFor();
    await write(ada, 'by light, to Bob');
    await seen(ada, 'by light, to Bob', 'waiting here');
    await ada.page.getByRole('button', { name: 'Back' }).click();
    await showAll(ada, 2, watched);
    await expect.poll(waiting, { timeout: 20_000 }).toBe(2); // Bob's message, and what Ada is to know of it
    await ada.page.getByRole('button', { name: 'Bob' }).click();
    await seen(ada, 'by light, to Bob', 'waiting here, shown to a camera');

    await film();
    await ada.page.getByRole('button', { name: 'Back' }).click();
    await ada.page.getByRole('button', { name: 'Scan the screen' }).click();
    await ada.page.getByText(/[23] messages were read and kept/).waitFor();
    await ada.page.getByRole('button', { name: 'Stop the camera' }).click();
    await ada.page.getByRole('button', { name: 'Bob' }).click();
    await seen(ada, 'by light, to Bob', 'held by the gateway');

    const again = await comeBack(bob, `${process.http}/peer/`);
    await again.page.getByRole('button', { name: 'Ada' }).click();
    await message(again, 'by light, to Bob').waitFor();
  }, 150_000);
});

const isPost = (route: Route): boolean => route.request().method() === 'POST';

/** Lets somebody show what waits there, photographs it, and believes that it was read. */
async function showAll({ page }: { readonly page: Page }, count: number, folder: string): Promise<void> {
  await page.getByRole('button', { name: `Show what waits here (${count})` }).click();
  await photographCodes({ page }, folder);
  await page.getByText('All of it was shown').waitFor();
  await page.getByRole('button', { name: 'The gateway says that it has it' }).click();
}

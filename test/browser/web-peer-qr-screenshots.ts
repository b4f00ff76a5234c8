import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { BrowserContextOptions } from 'playwright-core';
import { it } from 'vitest';
import { parseInvitation } from '../../src/protocols/out-of-band.js';
import { buildCommand, runCommand, testFolder } from '../support/processes.js';
import { launchFilmedBrowser } from './film.js';
import { add, cutOff, invitationOf, newPerson, seen, startPeerGateway, write } from './people.js';

const FOLDER = path.resolve('docs/pictures');
const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 760 },
  colorScheme: 'light',
  permissions: ['camera'],
};

/** `npm run screenshots`: the web peer where there is only a camera and a screen. */
it('takes the pictures of the web peer without a network', async () => {
  await mkdir(FOLDER, { recursive: true });
  const bin = await buildCommand();
  await using filmed = await launchFilmedBrowser();
  const root = await testFolder();
  const { data, invited } = await startPeerGateway(bin, path.join(root, 'gateway'));

  const ada = await newPerson(filmed.browser, 'Ada', invited, PHONE);
  const bob = await newPerson(filmed.browser, 'Bob', invited, PHONE);
  const { page } = ada;
  const { from } = parseInvitation(await invitationOf(ada));
  await add(ada, await invitationOf(bob));
  await page.getByRole('button', { name: 'Back' }).click();
  await add(bob, await invitationOf(ada));
  await cutOff(ada);
  await page.reload();
  await page.getByText('Looking for the gateway').waitFor();
  await write(bob, 'The truck leaves at six. '.repeat(200));
  await seen(bob, 'The truck', 'held by the gateway');
  const pictures = path.join(root, 'shown');
  await mkdir(pictures);
  await runCommand(bin, ['export', '--data', data, '--for', from, '--qr-pictures', pictures]);
  await filmed.show(pictures);
  await page.getByRole('button', { name: 'Scan the screen' }).click();
  await page.getByText(/codes of the next message/).waitFor();
  await page.screenshot({ path: path.join(FOLDER, 'web-peer-scan.png') });
  await page.getByText('1 message was read').waitFor();
  await page.getByRole('button', { name: 'Stop the camera' }).click();
  await page.getByRole('button', { name: 'Show what waits here' }).click();
  await page.getByText('All of it was shown').waitFor();
  await page.screenshot({ path: path.join(FOLDER, 'web-peer-show.png') });
});

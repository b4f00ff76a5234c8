import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { it } from 'vitest';
import { beginCommand, buildCommand, testFolder } from '../support/processes.js';
import { launchChromium, openWatchedPage } from './chromium.js';
import { codeFor, goTo, signIn, startUsedGateway } from './gateway.js';

const FOLDER = path.resolve('docs/pictures');
const VIEWS = ['Overview', 'Pairing', 'Peers', 'Queues', 'Carry', 'Backup', 'Checks', 'Log'];

/** `npm run screenshots`: the pictures of the dashboard in the documentation, of a gateway as the tests use it. */
it('takes the pictures', async () => {
  await mkdir(FOLDER, { recursive: true });
  const [bin, browser] = await Promise.all([buildCommand(), launchChromium()]);
  try {
    const sticks = await testFolder();
    await mkdir(path.join(sticks, 'BLUE', 'waypost'), { recursive: true });
    const { data, invitation, recipient } = await startUsedGateway(bin, { WAYPOST_STICK_FOLDERS: sticks });
    beginCommand(bin, ['recv', '--data', `${recipient}-2`, '--invitation', invitation]);
    const { page } = await openWatchedPage(browser, { viewport: { width: 390, height: 760 }, colorScheme: 'light' });
    const shoot = (name: string) => page.screenshot({ path: path.join(FOLDER, `dashboard-${name}.png`) });
    await page.goto((await codeFor(bin, data)).address);
    await page.getByLabel('Code from the terminal').waitFor();
    await shoot('sign-in');
    await writeFile(path.join(data, 'first-run'), '');
    await page.goto((await codeFor(bin, data)).url);
    await page.getByText('has an identity.').waitFor();
    await shoot('first-run');
    await page.getByRole('button', { name: 'Finish the first run' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await signIn(bin, data, page);
    for (const view of VIEWS) {
      await goTo(page, view);
      if (view === 'Pairing') await page.getByRole('button', { name: 'Show an invitation' }).click();
      if (view === 'Queues') await page.getByRole('button', { name: 'Show messages' }).click();
      if (view === 'Checks') await page.getByText('has an identity.').waitFor();
      if (view === 'Peers') await page.getByText('1 connected.').waitFor();
      if (view === 'Carry') await page.getByRole('button', { name: /^Export to/ }).waitFor();
      await shoot(view.toLowerCase());
      if (view === 'Carry') {
        await page.getByRole('button', { name: 'Show everything that waits' }).click();
        await page.getByRole('img', { name: 'Animated QR code' }).scrollIntoViewIfNeeded();
        await page.getByText(/^Code \d/).waitFor();
        await shoot('codes');
      }
    }
  } finally {
    await browser.close();
  }
});

import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { it } from 'vitest';
import { beginCommand, buildCommand } from '../support/processes.js';
import { launchChromium, openWatchedPage } from './chromium.js';
import { codeFor, goTo, signIn, startUsedGateway } from './gateway.js';

const FOLDER = path.resolve('docs/pictures');
const VIEWS = ['Overview', 'Pairing', 'Peers', 'Queues', 'Checks'];

/** `npm run screenshots`: the pictures of the dashboard in the documentation, of a gateway as the tests use it. */
it('takes the pictures', async () => {
  await mkdir(FOLDER, { recursive: true });
  const [bin, browser] = await Promise.all([buildCommand(), launchChromium()]);
  try {
    const { data, invitation, recipient } = await startUsedGateway(bin);
    beginCommand(bin, ['recv', '--data', `${recipient}-2`, '--invitation', invitation]);
    const { page } = await openWatchedPage(browser, { viewport: { width: 390, height: 760 }, colorScheme: 'light' });
    const shoot = (name: string) => page.screenshot({ path: path.join(FOLDER, `dashboard-${name}.png`) });
    await page.goto((await codeFor(bin, data)).address);
    await page.getByLabel('Code from the terminal').waitFor();
    await shoot('sign-in');
    await signIn(bin, data, page);
    for (const view of VIEWS) {
      await goTo(page, view);
      if (view === 'Pairing') await page.getByRole('button', { name: 'Show an invitation' }).click();
      if (view === 'Queues') await page.getByRole('button', { name: 'Show messages' }).click();
      if (view === 'Checks') await page.getByText('has an identity.').waitFor();
      if (view === 'Peers') await page.getByText('1 connected.').waitFor();
      await shoot(view.toLowerCase());
    }
  } finally {
    await browser.close();
  }
});

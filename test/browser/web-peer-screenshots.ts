import path from 'node:path';
import type { Page } from 'playwright-core';
import { it } from 'vitest';
import { buildCommand, runCommand, startGateway, testFolder } from '../support/processes.js';
import { launchChromium, openWatchedPage } from './chromium.js';
import { WEB_BLUETOOTH } from './emulated-bluetooth.js';
import { add, begin, invitationOf, seen, write } from './people.js';

const FOLDER = path.resolve('docs/pictures');
const PHONE = { viewport: { width: 390, height: 760 }, colorScheme: 'light' } as const;

/** `npm run screenshots`: the pictures of the web peer in the documentation, of two people at a gateway. */
it('takes the pictures of the web peer', async () => {
  const [bin, browser] = await Promise.all([buildCommand(), launchChromium(WEB_BLUETOOTH)]);
  try {
    const data = path.join(await testFolder(), 'gateway');
    const env = { WAYPOST_HTTP_WEB_PEER: 'on' };
    const gateway = await startGateway(bin, ['--data', data, '--http', '127.0.0.1:0'], { env });
    const { stdout } = await runCommand(bin, ['invite', '--data', data, '--json']);
    const invited = `${gateway.http}/peer/#${new URL(JSON.parse(stdout).invitation).search}`;
    const shoot = (page: Page, name: string) => page.screenshot({ path: path.join(FOLDER, `web-peer-${name}.png`) });

    const [ada, bob] = [await openWatchedPage(browser, PHONE), await openWatchedPage(browser, PHONE)];
    await ada.page.goto(invited);
    await ada.page.getByLabel('Your name').fill('Ada');
    await shoot(ada.page, 'set-up');
    await ada.page.getByRole('button', { name: 'Begin' }).click();
    await begin(bob, 'Bob', invited);
    await bob.page.getByText('Connected to the gateway.').waitFor();
    await add(ada, await invitationOf(bob));
    await write(ada, 'The truck with the vaccines is here.');
    await seen(ada, 'The truck', 'delivered to their device');
    await bob.page.getByRole('button', { name: 'Unknown' }).click();
    await write(bob, 'Good. How cold is the box?');
    await ada.page.getByText('How cold').waitFor();
    await bob.page.close();
    await write(ada, '4.2 °C since noon');
    await seen(ada, '4.2', 'held by the gateway');
    await shoot(ada.page, 'chat');
    await ada.page.getByRole('button', { name: 'Back to contacts' }).click();
    await ada.page.getByRole('button', { name: 'Bob' }).waitFor();
    await shoot(ada.page, 'contacts');
    await ada.page.getByText('What this browser can do').click();
    await ada.page.getByRole('heading', { name: 'Bluetooth' }).evaluate((heading) => heading.scrollIntoView());
    await shoot(ada.page, 'abilities');
  } finally {
    await browser.close();
  }
});

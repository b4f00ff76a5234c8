import path from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildCommand, runCommand, startGateway, testFolder } from '../support/processes.js';
import { findObstacles, isTooWide } from './accessibility.js';
import { describeBrowser, launchChromium, openWatchedPage } from './chromium.js';
import { WEB_BLUETOOTH } from './emulated-bluetooth.js';
import { invitationOf, message, seen } from './people.js';

describeBrowser('the views of the web peer', () => {
  let bin: string;
  let browser: Browser;
  beforeAll(async () => {
    [bin, browser] = await Promise.all([buildCommand(), launchChromium(WEB_BLUETOOTH)]);
  });
  afterAll(() => browser?.close());

  async function gateway() {
    const data = path.join(await testFolder(), 'gateway');
    const env = { WAYPOST_HTTP_WEB_PEER: 'on' };
    const { http } = await startGateway(bin, ['--data', data, '--http', '127.0.0.1:0'], { env });
    const { invitation } = JSON.parse((await runCommand(bin, ['invite', '--data', data, '--json'])).stdout);
    return { http, invitation, invited: `${http}/peer/#${new URL(invitation).search}` };
  }

  it('have no serious obstacle for a screen reader or tired eyes, fit a phone, and ask nobody else for anything', async () => {
    const { http, invited } = await gateway();
    for (const colorScheme of ['light', 'dark'] as const) {
      const options = { viewport: { width: 360, height: 740 }, colorScheme, bypassCSP: true };
      const { page, requests } = await openWatchedPage(browser, options);
      const check = async (view: string): Promise<void> => {
        expect(await findObstacles(page), `${view}, ${colorScheme}`).toEqual([]);
        expect(await isTooWide(page), `${view} fits a phone`).toBe(false);
      };
      await page.goto(invited);
      await page.getByLabel('Your name').fill('Ada');
      await check('set-up');
      await page.getByRole('button', { name: 'Begin' }).click();
      await page.getByText('Connected to the gateway.').waitFor();
      await page.getByText('What this browser can do').click();
      await page.getByText('Bluetooth: yes').waitFor();
      await check('contacts');

      const bob = await openWatchedPage(browser, options);
      await bob.page.goto(invited);
      await bob.page.getByLabel('Your name').fill('Bob');
      await bob.page.getByRole('button', { name: 'Begin' }).click();
      await bob.page.getByText('Connected to the gateway.').waitFor();
      await page.getByLabel('Their invitation').fill('nonsense');
      await page.getByRole('button', { name: 'Add', exact: true }).click();
      await page.getByRole('alert').waitFor();
      await check('a problem');
      await page.getByLabel('Their invitation').fill(await invitationOf(bob));
      await page.getByRole('button', { name: 'Add', exact: true }).click();
      await page.getByLabel('Message', { exact: true }).fill('hello');
      await page.getByRole('button', { name: 'Send' }).click();
      await seen({ page }, 'hello', 'delivered to their device');
      await check('conversation');
      await bob.page.getByRole('button', { name: 'Unknown' }).click();
      await message(bob, 'hello').waitFor();
      expect(await findObstacles(bob.page), `incoming, ${colorScheme}`).toEqual([]);

      const second = await page.context().newPage();
      await second.goto(`${http}/peer/`);
      await second.getByRole('heading', { name: 'Open in another tab' }).waitFor();
      expect(await findObstacles(second), `another tab, ${colorScheme}`).toEqual([]);
      const origins = new Set([...requests, ...bob.requests].map((url) => new URL(url).origin));
      expect([...origins].sort()).toEqual([http, http.replace('http', 'ws')]);
    }
  });

  it('are all of use with the keyboard alone', async () => {
    const { invited } = await gateway();
    const [ada, bob] = [await openWatchedPage(browser), await openWatchedPage(browser)];
    for (const [{ page }, name] of [
      [ada, 'Ada'],
      [bob, 'Bob'],
    ] as const) {
      await page.goto(invited);
      await page.getByLabel('Your name').waitFor();
      await page.keyboard.press('Tab');
      await page.keyboard.type(name);
      await page.keyboard.press('Enter');
      await page.getByText('Connected to the gateway.').waitFor();
    }
    /** Tab until what has the focus is called `name`. */
    const goTo = async (name: string): Promise<void> => {
      for (let tabs = 0; tabs < 30; tabs++) {
        await ada.page.keyboard.press('Tab');
        const focus = await ada.page.evaluate(() => {
          const element = document.activeElement as HTMLElement | null;
          return (element as HTMLInputElement | null)?.labels?.[0]?.innerText ?? element?.innerText ?? '';
        });
        if (focus.trim().startsWith(name)) return;
      }
      expect.fail(`the keyboard does not lead to ${name}`);
    };
    await goTo('Their invitation');
    await ada.page.keyboard.insertText(await invitationOf(bob));
    await goTo('Add');
    await ada.page.keyboard.press('Enter');
    await ada.page.getByRole('heading', { name: 'Bob' }).waitFor();
    await goTo('Message');
    await ada.page.keyboard.type('by keyboard');
    await goTo('Send');
    await ada.page.keyboard.press('Space');
    await bob.page.getByRole('button', { name: 'Unknown' }).click();
    await message(bob, 'by keyboard').waitFor();
    expect([...ada.complaints, ...bob.complaints]).toEqual([]);
  });
});

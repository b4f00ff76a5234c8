import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildCommand, runCommand, startGateway, testFolder } from '../support/processes.js';
import { findObstacles, isTooWide } from './accessibility.js';
import { describeBrowser, launchChromium, openWatchedPage } from './chromium.js';
import { codeFor, goTo, signIn, startUsedGateway, TEXT } from './gateway.js';
import { readQr } from './read-qr.js';

const VIEWS = ['Overview', 'Pairing', 'Peers', 'Queues', 'Carry', 'Backup', 'Checks', 'Log'];

describeBrowser('the dashboard in a browser', () => {
  let bin: string;
  let browser: Browser;
  beforeAll(async () => {
    [bin, browser] = await Promise.all([buildCommand(), launchChromium()]);
  });
  afterAll(() => browser.close());

  it('lets somebody in with the code of the terminal, once, and shows how the gateway is', async () => {
    const { gateway, data } = await startUsedGateway(bin);
    const { page, requests, complaints } = await openWatchedPage(browser);
    const { address, code } = await codeFor(bin, data);
    await page.goto(address);
    const field = page.getByLabel('Code from the terminal');
    await field.fill('00000-00000');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('the code is wrong, used, or too old').waitFor();
    await field.fill(code.toLowerCase());
    await field.press('Enter');
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
    await page.getByText('Camp 3').waitFor();
    await page.getByText(/^1 message,/).waitFor();
    expect(page.url()).not.toContain(code);

    const again = await openWatchedPage(browser);
    await again.page.goto(`${address}#code=${code}`);
    await again.page.getByRole('alert').getByText('the code is wrong, used, or too old').waitFor();

    await goTo(page, 'Peers');
    await goTo(page, 'Checks');
    await page.getByText('has an identity.').waitFor();
    await goTo(page, 'Log');
    await page.getByText('gateway.started').waitFor();
    await page.getByLabel('Show').selectOption('errors only');
    await page.getByText('Nothing like that was logged').waitFor();
    const elsewhere = [...requests, ...again.requests].filter((url) => new URL(url).origin !== gateway.admin);
    expect(elsewhere.filter((url) => !url.startsWith('data:'))).toEqual([]);
    expect([...complaints, ...again.complaints]).toEqual([]);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('You are signed out.').waitFor();
  });

  it('leads somebody through the first run, once', async () => {
    const data = await testFolder();
    const gateway = await startGateway(bin, ['--data', data, '--http', '127.0.0.1:0']);
    const phone = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 3 };
    const { page, requests, complaints } = await openWatchedPage(browser, phone);
    await page.goto((await codeFor(bin, data)).url);
    await page.getByRole('heading', { name: 'First run', level: 1 }).waitFor();
    await page.getByText('has an identity.').waitFor();
    await page.getByText(/Bluetooth: (none found|hci)/).waitFor();
    await page.getByText(/Serial ports: /).waitFor();
    await page.getByText('Nobody uses this gateway yet.').waitFor();
    await page.getByLabel('What people call this gateway').fill('Camp 7');
    await page.getByRole('button', { name: 'Save the name' }).click();
    await page.getByText('Saved.').waitFor();
    await page.getByRole('banner').getByText('Camp 7').waitFor();
    const config = await runCommand(bin, ['config', 'print', '--data', data]);
    expect(config.stdout).toContain('\nname: Camp 7\n');

    await page.getByRole('link', { name: 'Show an invitation' }).click();
    await page.getByRole('button', { name: 'Show an invitation' }).click();
    const invitation = readQr(await page.getByRole('img', { name: 'QR code of the invitation' }).screenshot());
    await runCommand(bin, ['recv', '--data', `${data}-phone`, '--invitation', invitation, '--timeout', '0.5']);
    await goTo(page, 'First run');
    await page.getByText('Somebody uses this gateway already.').waitFor();
    await page.getByRole('button', { name: 'Finish the first run' }).click();
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
    expect(await page.getByRole('link', { name: 'First run' }).count()).toBe(0);
    expect(requests.filter((url) => new URL(url).origin !== gateway.admin && !url.startsWith('data:'))).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('shows what waits and why, and purges only after a confirmation', async () => {
    const { data } = await startUsedGateway(bin);
    const { page, complaints } = await openWatchedPage(browser, { viewport: { width: 360, height: 740 } });
    await signIn(bin, data, page);
    await goTo(page, 'Queues');
    await page.getByRole('button', { name: 'Show messages' }).click();
    await page.getByText('it is deleted when its recipient fetches and acknowledges it').waitFor();
    expect(await page.content()).not.toContain(TEXT);
    const queues = async () => JSON.parse((await runCommand(bin, ['queue', 'ls', '--data', data, '--json'])).stdout);
    await page.getByRole('button', { name: 'Purge …' }).click();
    await page.getByRole('button', { name: 'Keep them' }).click();
    expect(await queues()).toHaveLength(1);
    await page.getByRole('button', { name: 'Purge …' }).click();
    await page.getByRole('button', { name: 'Delete them' }).click();
    await page.getByText('1 message deleted.').waitFor();
    await page.getByText('Nothing waits.').waitFor();
    expect(await queues()).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('shows whom there is no room for, why, and what helps', async () => {
    const settings = { WAYPOST_MEDIATION_QUEUE_MESSAGES: '1' };
    const { data, did, invitation, recipient } = await startUsedGateway(bin, settings);
    const sender = ['--data', `${recipient}-sender`, '--invitation', invitation];
    expect((await runCommand(bin, ['send', ...sender, '--to', did, 'one too many'])).code).not.toBe(0);
    const { page, complaints } = await openWatchedPage(browser, { viewport: { width: 360, height: 740 } });
    await signIn(bin, data, page);
    await goTo(page, 'Queues');
    await page.getByText(/No room for .* refused once/).waitFor();
    await page.getByText('What helps: let the recipient fetch, or raise mediation.queueMessages').first().waitFor();
    await page.getByText('1 message: the queue of a recipient is full').waitFor();
    expect(await isTooWide(page)).toBe(false);
    await goTo(page, 'Log');
    await page.getByLabel('Show').selectOption('warnings and errors');
    await page.getByText(/message\.refused .*ERR_QUOTA_RECIPIENT/).waitFor();
    expect(await page.getByText('gateway.started').count()).toBe(0);
    expect((await runCommand(bin, ['status', '--data', data])).stdout).toContain('1 message: ERR_QUOTA_RECIPIENT');
    expect(complaints).toEqual([]);
  });

  it('saves a message as a file that its recipient can import', async () => {
    const { data, recipient } = await startUsedGateway(bin);
    const { page, complaints } = await openWatchedPage(browser);
    await signIn(bin, data, page);
    await goTo(page, 'Queues');
    await page.getByRole('button', { name: 'Show messages' }).click();
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: /^Download message/ }).click();
    const file = await (await saved).path();
    expect((await saved).suggestedFilename()).toMatch(/^[0-9a-f]{32}\.dcem$/);
    const { stdout } = await runCommand(bin, ['import', file, '--data', recipient]);
    expect(stdout).toContain(TEXT);
    expect(complaints).toEqual([]);
  });

  it('says when the gateway is gone, and that the session is over when it came back', async () => {
    const { gateway, data } = await startUsedGateway(bin);
    const { page } = await openWatchedPage(browser);
    await signIn(bin, data, page);
    await gateway.stop();
    await page.getByRole('alert').getByText('The gateway is gone').waitFor();
    await page.getByText(/^1 message,/).waitFor(); // what it said last
    const port = Number(new URL(gateway.admin).port);
    await startGateway(bin, ['--data', data, '--http', '127.0.0.1:0', '--admin', `127.0.0.1:${port}`]);
    await page.getByText('The session is over').waitFor();
    await page.getByLabel('Code from the terminal').waitFor();
  });

  it('pairs by a QR code, which admits nobody any more when its view is left', async () => {
    const { data, recipient } = await startUsedGateway(bin, { WAYPOST_MEDIATION_ADMISSION: 'invitation' });
    const { page, complaints } = await openWatchedPage(browser);
    await signIn(bin, data, page);
    await goTo(page, 'Pairing');
    await page.getByRole('button', { name: 'Show an invitation' }).click();
    await page.getByText(/Good for (5:00|4:5\d)/).waitFor();
    const invitation = readQr(await page.getByRole('img', { name: 'QR code of the invitation' }).screenshot());
    const follow = (who: string) => {
      const mailbox = ['--data', `${recipient}-${who}`, '--invitation', invitation];
      return runCommand(bin, ['recv', ...mailbox, '--timeout', '0.5']);
    };
    const [waitedInVain, refused] = [3, 1];
    expect((await follow('in-time')).code).toBe(waitedInVain);
    const revoked = page.waitForResponse((response) => response.url().endsWith('/api/invitations/revoke'));
    await goTo(page, 'Overview');
    await revoked;
    expect((await follow('too-late')).code).toBe(refused);
    expect(complaints).toEqual([]);
  });

  it('has no serious obstacle for a keyboard, a screen reader or tired eyes, in light and dark', async () => {
    const { data } = await startUsedGateway(bin);
    for (const colorScheme of ['light', 'dark'] as const) {
      const options = { viewport: { width: 360, height: 740 }, colorScheme, bypassCSP: true };
      const { page } = await openWatchedPage(browser, options);
      await page.goto((await codeFor(bin, data)).address);
      await page.getByLabel('Code from the terminal').waitFor();
      expect(await findObstacles(page)).toEqual([]);
      await writeFile(path.join(data, 'first-run'), '');
      await page.goto((await codeFor(bin, data)).url);
      await page.getByText('has an identity.').waitFor();
      expect(await findObstacles(page), `First run, ${colorScheme}`).toEqual([]);
      expect(await isTooWide(page), 'First run fits a phone').toBe(false);
      await rm(path.join(data, 'first-run'));
      await page.getByRole('button', { name: 'Sign out' }).click();
      await signIn(bin, data, page);
      for (const view of VIEWS) {
        await goTo(page, view);
        if (view === 'Pairing') await page.getByRole('button', { name: 'Show an invitation' }).click();
        if (view === 'Queues') await page.getByRole('button', { name: 'Show messages' }).click();
        if (view === 'Carry') await page.getByRole('button', { name: 'Show everything that waits' }).click();
        if (view === 'Log') await page.getByText('gateway.started').waitFor();
        if (view === 'Checks') await page.getByText('has an identity.').waitFor();
        expect(await findObstacles(page), `${view}, ${colorScheme}`).toEqual([]);
        expect(await isTooWide(page), `${view} fits a phone`).toBe(false);
      }
    }
  });
});

import { createHash } from 'node:crypto';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { openWebPeerPages } from '../../src/daemon/run/web-peer-pages.js';
import { buildCommand, runCommand, startGateway, testFolder } from '../support/processes.js';
import { describeBrowser, launchChromium, openWatchedPage } from './chromium.js';
import { add, begin, invitationOf, message, seen, write } from './people.js';

const POLL = { timeout: 20_000 };
const OFFLINE = 'Opens without the gateway: yes';

describeBrowser('the web peer, once loaded', () => {
  let bin: string;
  let browser: Browser;
  beforeAll(async () => {
    [bin, browser] = await Promise.all([buildCommand(), launchChromium()]);
  });
  afterAll(() => browser?.close());

  async function gateway(data: string, address = '127.0.0.1:0') {
    const env = { WAYPOST_HTTP_WEB_PEER: 'on' };
    const process = await startGateway(bin, ['--data', data, '--http', address], { env });
    const { stdout } = await runCommand(bin, ['invite', '--data', data, '--json']);
    return { process, invited: `${process.http}/peer/#${new URL(JSON.parse(stdout).invitation).search}` };
  }

  /** Until the browser keeps the page. */
  const kept = (page: Page) => page.getByText(OFFLINE).waitFor({ state: 'attached' });

  it('opens without network and gateway, with everything in it, and sends what was written when they are back', async () => {
    const data = path.join(await testFolder(), 'gateway');
    const { process, invited } = await gateway(data);
    const [ada, bob] = [await openWatchedPage(browser), await openWatchedPage(browser)];
    await begin(ada, 'Ada', invited);
    await begin(bob, 'Bob', invited);
    await add(bob, await invitationOf(ada));
    await write(bob, 'before');
    await seen(bob, 'before', 'delivered to their device');
    await kept(bob.page);

    await process.kill();
    await bob.page.context().setOffline(true);
    await bob.page.reload();
    await bob.page.getByRole('button', { name: 'Ada' }).click();
    await seen(bob, 'before', 'delivered to their device');
    await write(bob, 'from the dark');
    await seen(bob, 'from the dark', 'waiting here');
    await bob.page.reload();

    await bob.page.context().setOffline(false);
    await gateway(data, process.http.replace('http://', ''));
    await bob.page.getByRole('button', { name: 'Ada' }).click();
    await seen(bob, 'from the dark', 'delivered to their device');
    await ada.page.getByRole('button', { name: 'Unknown' }).click();
    await message(ada, 'from the dark').waitFor();
    expect(await message(ada, 'from the dark').count()).toBe(1);
    expect(bob.complaints.filter((text) => !text.includes('WebSocket'))).toEqual([]);
  });

  it('offers a newer version, uses it when it is told to, and never a part of one', async () => {
    const folder = path.join(await testFolder(), 'web-peer');
    const built = path.join(path.dirname(bin), '..', 'web-peer');
    await cp(built, folder, { recursive: true, filter: (file) => !/\.(br|gz)$/.test(file) });
    const pages = await openWebPeerPages(pathToFileURL(`${folder}/`), (_request, response) => response.end());
    const server = createServer(pages).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const { invited } = await gateway(path.join(await testFolder(), 'gateway'));
    const { port } = server.address() as AddressInfo;

    /** A newer picture, and what else is new with it. */
    const publish = async (icon: string, version: string, isWhole: boolean) => {
      const [file, worker] = [path.join(folder, 'icon.svg'), path.join(folder, 'service-worker.js')];
      const digest = (content: string) => createHash('sha256').update(content).digest('base64');
      const script = await readFile(worker, 'utf8');
      const old = await readFile(file, 'utf8');
      const hash = isWhole ? digest(icon) : digest('something else');
      const changed = script.replace(digest(old), hash).replace(/(['"`])[0-9a-f]{16}\1/, `"${version}"`);
      expect(changed).not.toBe(script);
      await writeFile(file, icon);
      await writeFile(worker, changed);
    };
    const iconIn = (page: Page) => page.evaluate(() => fetch('icon.svg').then((response) => response.text()));

    const { page } = await openWatchedPage(browser);
    await begin({ page }, 'Ada', `http://127.0.0.1:${port}/peer/${new URL(invited).hash}`);
    await kept(page);
    await page.reload();
    const before = await iconIn(page);
    const notice = page.getByRole('button', { name: 'Use it now' });
    await publish('<svg/>', '0123456789abcdef', true);
    await page.reload();
    await notice.waitFor();
    expect(await iconIn(page)).toBe(before);
    await notice.click();
    await expect.poll(() => iconIn(page).catch(() => ''), POLL).toBe('<svg/>');
    await notice.waitFor({ state: 'detached' });
    expect(await page.evaluate(() => caches.keys())).toEqual(['waypost-web-peer-0123456789abcdef']);

    await publish('<svg>damaged on its way</svg>', 'fedcba9876543210', false);
    const isWaiting = await page.evaluate(async () => {
      const registration = await navigator.serviceWorker.getRegistration();
      await registration?.update().catch(() => {});
      while (registration?.installing) await new Promise((resolve) => setTimeout(resolve, 20));
      return registration?.waiting !== null;
    });
    expect(isWaiting).toBe(false);
    await page.reload();
    expect(await iconIn(page)).toBe('<svg/>');
    expect(await notice.count()).toBe(0);
  });

  it('is in charge in one tab at a time, and what waits is sent once', async () => {
    const { process, invited } = await gateway(path.join(await testFolder(), 'gateway'));
    const [ada, bob] = [await openWatchedPage(browser), await openWatchedPage(browser)];
    await begin(ada, 'Ada', invited);
    await begin(bob, 'Bob', invited);
    await add(bob, await invitationOf(ada));
    const second = { page: await bob.page.context().newPage() };
    await second.page.goto(`${process.http}/peer/`);
    await second.page.getByRole('heading', { name: 'Open in another tab' }).waitFor();
    await write(bob, 'from the first tab');
    await seen(bob, 'from the first tab', 'delivered to their device');

    await second.page.getByRole('button', { name: 'Use them here instead' }).click();
    await second.page.getByRole('button', { name: 'Ada' }).click();
    await bob.page.getByRole('heading', { name: 'Open in another tab' }).waitFor();
    await write(second, 'from the second tab');
    await seen(second, 'from the second tab', 'delivered to their device');

    await second.page.close();
    await bob.page.getByRole('button', { name: 'Ada' }).click();
    for (const text of ['from the first tab', 'from the second tab']) await message(bob, text).waitFor();
    await ada.page.getByRole('button', { name: 'Unknown' }).click();
    await message(ada, 'from the second tab').waitFor();
    expect(await ada.page.locator('li.message').count()).toBe(2);
  });
});

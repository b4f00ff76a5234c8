import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { invitationUrl } from '../../src/protocols/out-of-band.js';
import { invitationOf as gatewayInvitation, makeMailbox } from '../support/mailboxes.js';
import { buildCommand, runCommand, startGateway, testFolder } from '../support/processes.js';
import { findObstacles, isTooWide } from './accessibility.js';
import { describeBrowser, launchChromium, openWatchedPage } from './chromium.js';
import { add, begin, comeBack, message, seen, startPeerGateway, write } from './people.js';

/* Somebody with the web peer at one real gateway writes to a mailbox at another one. */

/** What a page of an older version left in the browser: the database without the store for what is followed. */
async function leaveOlderDatabase(page: Page, origin: string): Promise<void> {
  await page.goto(`${origin}/peer/icon-192.png`);
  // A text: it runs in the page.
  await page.evaluate(`new Promise((resolve, reject) => {
    const opening = indexedDB.open('waypost-web-peer', 1);
    opening.onerror = reject;
    opening.onupgradeneeded = () => {
      const database = opening.result;
      for (const name of ['own', 'longForms']) database.createObjectStore(name);
      database.createObjectStore('contacts', { keyPath: 'did' });
      database.createObjectStore('messages', { keyPath: ['contact', 'direction', 'id'] });
      database.createObjectStore('outbox', { keyPath: 'number', autoIncrement: true });
    };
    opening.onsuccess = () => resolve(opening.result.close());
  })`);
}

describeBrowser('a web peer that writes to somebody at another mediator', () => {
  let bin: string;
  let browser: Browser;
  beforeAll(async () => {
    bin = await buildCommand();
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  it('is told that it is held, and then to whom it was handed on, with what the gateway signed', async () => {
    const root = await testFolder();
    const [near, far, ben] = ['near', 'far', 'ben'].map((name) => path.join(root, name)) as [string, string, string];
    const probe = await startGateway(bin, ['--data', path.join(root, 'probe'), '--http', '127.0.0.1:0']);
    await probe.stop();
    const atUrl = ['--data', far, '--http', probe.http.replace('http://', ''), '--public-url', probe.http];
    const there = await startGateway(bin, atUrl);
    const did = await makeMailbox(bin, ben, await gatewayInvitation(bin, far));
    const upstreams = JSON.stringify([{ invitation: await gatewayInvitation(bin, far) }]);
    const { process, invited } = await startPeerGateway(bin, near, undefined, { WAYPOST_UPSTREAMS: upstreams });

    const ada = await openWatchedPage(browser, { viewport: { width: 360, height: 740 }, bypassCSP: true });
    await leaveOlderDatabase(ada.page, process.http);
    await begin(ada, 'Ada', invited);
    await ada.page.getByText('Connected to the gateway.').waitFor();
    await add(ada, invitationUrl({ id: 'of-ben', from: did, goal: 'Ben', goalCode: 'chat' }, process.http));
    await there.kill();
    await write(ada, 'is the bridge passable?');
    await seen(ada, 'is the bridge passable?', 'held by the gateway');
    await message(ada, 'is the bridge passable?').getByText('Evidence').waitFor();
    expect(await message(ada, 'is the bridge passable?').filter({ hasText: 'handed on' }).count()).toBe(0);

    // What is learnt while the page is closed waits for it.
    await ada.page.close();
    await startGateway(bin, atUrl);
    const again = await comeBack(ada, `${process.http}/peer/`);
    await again.page.getByRole('button', { name: 'Ben' }).click();
    const end = there.did.slice(-8);
    await seen(again, 'is the bridge passable?', `handed on to the next mediator (…${end})`);
    await message(again, 'is the bridge passable?').getByText('Evidence').click();
    await message(again, 'is the bridge passable?').getByText(`to ${there.did}`).waitFor();
    expect(await findObstacles(again.page)).toEqual([]);
    expect(await isTooWide(again.page)).toBe(false);

    const { stdout } = await runCommand(bin, ['recv', '--data', ben, '--json', '--count', '1', '--timeout', '20']);
    expect(JSON.parse(stdout)).toMatchObject({ body: { content: 'is the bridge passable?' } });
    expect(ada.complaints).toEqual([]);
  }, 90_000);
});

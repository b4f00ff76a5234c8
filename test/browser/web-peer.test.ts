import path from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseInvitation } from '../../src/protocols/out-of-band.js';
import { buildCommand, runCommand, testFolder } from '../support/processes.js';
import { describeBrowser, launchChromium } from './chromium.js';
import { add, comeBack, invitationOf, message, newPerson, seen, startPeerGateway, write } from './people.js';

/* Two people in two browsers of their own, and a real gateway between them. */

describeBrowser('two web peers', () => {
  let bin: string;
  let browser: Browser;
  beforeAll(async () => {
    bin = await buildCommand();
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  const gateway = (data: string, address?: string) => startPeerGateway(bin, data, address);
  const person = (name: string, invited: string) => newPerson(browser, name, invited);

  it('chat through a gateway, and are told no more than is known', async () => {
    const { process, invited } = await gateway(path.join(await testFolder(), 'gateway'));
    const ada = await person('Ada', invited);
    const bob = await person('Bob', invited);

    await add(bob, await invitationOf(ada));
    await write(bob, 'hello Ada');
    await seen(bob, 'hello Ada', 'delivered to their device');

    await ada.page.getByRole('button', { name: 'Unknown' }).click();
    await message(ada, 'hello Ada').waitFor();
    // Away, Bob's gateway holds what is for him, and nobody claims more.
    await bob.page.close();
    await write(ada, 'are you there?');
    await seen(ada, 'are you there?', 'held by the gateway');
    expect(await message(ada, 'are you there?').filter({ hasText: 'delivered' }).count()).toBe(0);

    // Back, with the same identity and conversation.
    const again = await comeBack(bob, `${process.http}/peer/`);
    await again.page.getByRole('button', { name: 'Ada' }).click();
    await message(again, 'hello Ada').waitFor();
    await message(again, 'are you there?').waitFor();
    await seen(ada, 'are you there?', 'delivered to their device');
    expect(await message(again, 'are you there?').count()).toBe(1);

    const own = [process.http, process.http.replace('http', 'ws')];
    for (const { requests, complaints } of [ada, bob]) {
      expect(requests.filter((url) => !own.includes(new URL(url).origin))).toEqual([]);
      expect(complaints).toEqual([]);
    }
  });

  it('keep what was written while the gateway is away, though the page is closed, and send it when both are back', async () => {
    const data = path.join(await testFolder(), 'gateway');
    const { process, invited } = await gateway(data);
    const ada = await person('Ada', invited);
    const bob = await person('Bob', invited);
    await add(bob, await invitationOf(ada));
    await process.kill();
    await bob.page.getByText('Looking for the gateway').waitFor();
    await write(bob, 'written in the dark');
    await seen(bob, 'written in the dark', 'waiting here');

    await bob.page.close();
    await gateway(data, process.http.replace('http://', ''));
    const again = await comeBack(bob, `${process.http}/peer/`);
    await again.page.getByRole('button', { name: 'Ada' }).click();
    await seen(again, 'written in the dark', 'delivered to their device');
    await ada.page.getByRole('button', { name: 'Unknown' }).click();
    await message(ada, 'written in the dark').waitFor();
    expect(await message(ada, 'written in the dark').count()).toBe(1);
  });

  it('show a stranger as one, and write to agents of another kind', async () => {
    const root = await testFolder();
    const { process, invited } = await gateway(path.join(root, 'gateway'));
    const ada = await person('Ada', invited);
    const { from } = parseInvitation(await invitationOf(ada));
    const mailbox = ['--data', path.join(root, 'mailbox'), '--json'];
    const invitation = `${process.http}/${new URL(invited).hash.slice(1)}`;
    const hostile = '<img src=x onerror="document.title=1">';
    const sent = await runCommand(bin, ['send', ...mailbox, '--invitation', invitation, '--to', from, hostile]);
    expect(sent).toMatchObject({ code: 0, stderr: '' });

    await ada.page.getByRole('button', { name: '(new, not accepted)' }).click();
    await message(ada, hostile).waitFor();
    await ada.page.getByLabel('What you call it').fill('a terminal');
    await ada.page.getByRole('button', { name: 'Accept' }).click();
    await ada.page.getByRole('heading', { name: 'a terminal' }).waitFor();
    await write(ada, 'hello terminal');
    const { stdout } = await runCommand(bin, ['recv', ...mailbox, '--count', '1', '--timeout', '20']);
    expect(JSON.parse(stdout)).toMatchObject({ from, body: { content: 'hello terminal' } });
    expect(ada.complaints).toEqual([]);
  });

  it('leave nothing in a browser that is told to forget', async () => {
    const { invited } = await gateway(path.join(await testFolder(), 'gateway'));
    const { page } = await person('Ada', invited);
    page.on('dialog', (dialog) => void dialog.accept());
    await page.getByRole('button', { name: 'Delete everything' }).click();
    await page.getByRole('button', { name: 'Begin' }).waitFor();
    // A text: it runs in the page.
    const counts = `new Promise((resolve, reject) => {
      const opening = indexedDB.open('waypost-web-peer');
      opening.onerror = reject;
      opening.onsuccess = () => {
        const names = [...opening.result.objectStoreNames];
        const transaction = opening.result.transaction(names);
        const requests = names.map((name) => transaction.objectStore(name).count());
        transaction.oncomplete = () => resolve(requests.map(({ result }) => result));
      };
    })`;
    expect(await page.evaluate(counts)).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildCommand, runCommand, startGateway, testFolder } from '../support/processes.js';
import { describeBrowser, launchChromium, openWatchedPage } from './chromium.js';
import { goTo, signIn, startUsedGateway, TEXT } from './gateway.js';

const PASSPHRASE = 'a long enough passphrase';

describeBrowser('backups in the dashboard', () => {
  let bin: string;
  let browser: Browser;
  beforeAll(async () => {
    [bin, browser] = await Promise.all([buildCommand(), launchChromium()]);
  });
  afterAll(() => browser.close());

  it('are downloaded encrypted, and take the place of what is there at the next start; that is put aside', async () => {
    const { gateway, data, recipient, did, invitation } = await startUsedGateway(bin);
    const json = async (...args: string[]) => JSON.parse((await runCommand(bin, [...args, '--json'])).stdout);
    const { page, requests, complaints } = await openWatchedPage(browser);
    await signIn(bin, data, page);
    await goTo(page, 'Backup');
    await page.getByLabel('Passphrase, at least').fill(PASSPHRASE);
    await page.getByLabel('The same again').fill('another passphrase');
    await page.getByRole('button', { name: 'Make a backup' }).click();
    await page.getByText('The two passphrases are not the same.').waitFor();
    await page.getByLabel('The same again').fill(PASSPHRASE);
    await page.getByRole('button', { name: 'Make a backup' }).click();
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download the backup' }).click();
    const download = await saved;
    expect(download.suggestedFilename()).toMatch(/^Camp-3-\d{4}-\d\d-\d\d\.backup$/);
    const backup = path.join(await testFolder(), 'camp.backup');
    await download.saveAs(backup);
    const content = await readFile(backup);
    expect(JSON.parse(content.subarray(0, content.indexOf('\n')).toString())).toHaveProperty('kdf');
    await expect.poll(async () => (await readdir(data)).includes('downloads')).toBe(false);

    // The message leaves, so that only the backup has it; another one comes, which the backup does not have.
    const [{ destination }] = await json('queue', 'ls', '--data', data);
    await runCommand(bin, ['queue', 'purge', destination, '--all', '--data', data]);
    const sender = ['--data', `${recipient}-sender`, '--invitation', invitation, '--to', did];
    expect((await runCommand(bin, ['send', ...sender, 'a later text'])).code).toBe(0);
    const choose = page.getByLabel('The backup');
    await choose.setInputFiles(backup);
    await page.getByLabel('Its passphrase').fill('a wrong passphrase');
    await page.getByRole('button', { name: 'Bring it and look at it' }).click();
    await page.getByText('the passphrase is wrong, or it is damaged').waitFor();
    await page.getByLabel('Its passphrase').fill(PASSPHRASE);
    await page.getByRole('button', { name: 'Bring it and look at it' }).click();
    await page.getByText('It is of this gateway').waitFor();
    await page.getByRole('button', { name: 'Restore it …' }).click();
    await page.getByText('Waiting here now: 1 message.').waitFor();
    await page.getByRole('button', { name: 'Restore at the next start' }).click();
    await page.getByText('The next start restores.').waitFor();
    expect(requests.filter((url) => new URL(url).origin !== gateway.admin && !/^(data|blob):/.test(url))).toEqual([]);
    expect(complaints).toEqual([]);

    expect(await gateway.stop()).toBe(0);
    const restored = await startGateway(bin, ['--data', data, '--http', '127.0.0.1:0']);
    expect(restored.did).toBe(gateway.did);
    expect(restored.stderr()).toContain('gateway.restored');
    expect(await json('queue', 'ls', '--data', data)).toMatchObject([{ destination, messages: 1 }]);
    const names = await readdir(data);
    const asides = names.filter((name) => name.startsWith('before-restore-'));
    expect(asides).toEqual(['before-restore-1']);
    expect(names).not.toContain('restore');
    expect((await stat(path.join(data, 'identity.json'))).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(path.join(data, 'epoch.json'), 'utf8')).number).toBe(2);

    // As docs/dashboard.md says, for what waited when it was put aside.
    const carried = await testFolder();
    await runCommand(bin, ['export', '--to', carried, '--data', path.join(data, 'before-restore-1')]);
    const files = (await readdir(carried)).filter((name) => name.endsWith('.dcem'));
    const taken = await runCommand(bin, ['import', ...files.map((name) => path.join(carried, name)), '--data', data]);
    expect(taken.stdout).toContain('1 message taken');
    expect(await json('queue', 'ls', '--data', data)).toMatchObject([{ destination, messages: 2 }]);
  });

  it('put aside what waits, from where it can be carried', async () => {
    const { gateway, data, recipient } = await startUsedGateway(bin);
    const other = await startUsedGateway(bin);
    const root = await testFolder();
    const passphraseFile = path.join(root, 'passphrase');
    await writeFile(passphraseFile, PASSPHRASE, { mode: 0o600 });
    const backup = path.join(root, 'other.backup');
    await runCommand(bin, ['backup', backup, '--data', other.data, '--passphrase-file', passphraseFile]);
    await other.gateway.stop();

    const { page } = await openWatchedPage(browser);
    await signIn(bin, data, page);
    await goTo(page, 'Backup');
    await page.getByLabel('The backup').setInputFiles(backup);
    await page.getByLabel('Its passphrase').fill(PASSPHRASE);
    await page.getByRole('button', { name: 'Bring it and look at it' }).click();
    await page.getByText('It is of ANOTHER gateway').waitFor();
    await page.getByRole('button', { name: 'Restore it …' }).click();
    await page.getByText('Waiting here now: 1 message.').waitFor();
    await page.getByRole('button', { name: 'Restore at the next start' }).click();
    await page.getByRole('button', { name: 'Cancel the restore' }).click();
    await page.getByText('The next start restores.').waitFor({ state: 'detached' });
    expect(await readdir(data)).not.toContain('restore');
    await page.getByLabel('The backup').setInputFiles(backup);
    await page.getByLabel('Its passphrase').fill(PASSPHRASE);
    await page.getByRole('button', { name: 'Bring it and look at it' }).click();
    await page.getByRole('button', { name: 'Restore it …' }).click();
    await page.getByRole('button', { name: 'Restore at the next start' }).click();
    await page.getByText('The next start restores.').waitFor();

    await gateway.kill();
    const restored = await startGateway(bin, ['--data', data, '--http', '127.0.0.1:0']);
    expect(restored.did).toBe(other.gateway.did);
    const [aside = ''] = (await readdir(data)).filter((name) => name.startsWith('before-restore-'));
    const carried = path.join(root, 'carried');
    await mkdir(carried);
    const exported = await runCommand(bin, ['export', '--to', carried, '--data', path.join(data, aside)]);
    expect(exported.stdout).toContain('1 message written');
    const read = await runCommand(bin, ['import', carried, '--data', recipient]);
    expect(read.stdout).toContain(TEXT);
  });
});

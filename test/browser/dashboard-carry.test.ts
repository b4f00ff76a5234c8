import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import jsQR from 'jsqr';
import type { Browser, Page } from 'playwright-core';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { QrReceiver } from '../../src/link/qr-receiver.js';
import { buildCommand, runCommand, testFolder } from '../support/processes.js';
import { describeBrowser, launchChromium, openWatchedPage } from './chromium.js';
import { goTo, signIn, startUsedGateway, TEXT, type UsedGateway } from './gateway.js';

describeBrowser('messages that are carried by hand, in the dashboard', () => {
  let bin: string;
  let browser: Browser;
  beforeAll(async () => {
    [bin, browser] = await Promise.all([buildCommand(), launchChromium()]);
  });
  afterAll(() => browser.close());

  async function carryingAt(settings: Record<string, string> = {}): Promise<UsedGateway & { page: Page; seen: Seen }> {
    const used = await startUsedGateway(bin, settings);
    const { page, ...seen } = await openWatchedPage(browser);
    await signIn(bin, used.data, page);
    await goTo(page, 'Carry');
    return { ...used, page, seen };
  }

  it('are exported to a stick, read by their recipient, and acknowledged by an import', async () => {
    const sticks = await testFolder();
    await mkdir(path.join(sticks, 'BLUE', 'waypost'), { recursive: true });
    await mkdir(path.join(sticks, 'not-mounted'));
    const { page, seen, gateway, recipient } = await carryingAt({ WAYPOST_STICK_FOLDERS: sticks });
    const stick = path.join(sticks, 'BLUE', 'waypost');
    await page.getByRole('button', { name: `Export to ${stick}` }).click();
    await page.getByText('is complete. 1 message written').waitFor();
    expect(await page.getByText('not-mounted').count()).toBe(0);
    expect(await readdir(path.join(sticks, 'not-mounted'))).toEqual([]);
    expect((await runCommand(bin, ['import', stick, '--data', recipient])).stdout).toContain(TEXT);
    await page.getByRole('button', { name: `Import from ${stick}` }).click();
    await page.getByText(/Import from .* is complete/).waitFor();
    await goTo(page, 'Queues');
    await page.getByText('Nothing waits.').waitFor();
    expect(seen.complaints).toEqual([]);
    const elsewhere = seen.requests.filter((url) => new URL(url).origin !== gateway.admin && !url.startsWith('data:'));
    expect(elsewhere).toEqual([]);
  });

  it('are shown as QR codes that a camera can read', async () => {
    const { page, seen, recipient } = await carryingAt();
    await page.getByRole('button', { name: 'Show everything that waits' }).click();
    await page.getByText('1 message in').waitFor();
    const message = await film(page);
    const file = path.join(await testFolder(), 'message.dcem');
    await writeFile(file, message);
    expect((await runCommand(bin, ['import', file, '--data', recipient])).stdout).toContain(TEXT);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('button', { name: 'Show everything that waits' }).waitFor();
    expect(seen.complaints).toEqual([]);
  });

  it('are brought as files and as pictures of QR codes, each once', async () => {
    const { page, seen, data } = await carryingAt();
    // What another copy of this gateway would bring: its own messages, after they were purged here.
    const folder = await testFolder();
    await runCommand(bin, ['export', '--qr-pictures', folder, '--data', data]);
    const stick = path.join(await testFolder(), 'stick');
    await mkdir(stick);
    await runCommand(bin, ['export', '--to', stick, '--data', data]);
    const [name = ''] = (await readdir(stick)).filter((each) => each.endsWith('.dcem'));
    const pictures = (await readdir(folder)).map((picture) => path.join(folder, picture));
    const queue = async () => JSON.parse((await runCommand(bin, ['queue', 'ls', '--data', data, '--json'])).stdout);
    const input = page.getByLabel(/^Message files/);
    await input.setInputFiles([path.join(stick, name)]);
    await page.getByText('0 messages taken, 1 were here already.').waitFor();
    const [{ destination }] = await queue();
    await runCommand(bin, ['queue', 'purge', destination, '--all', '--data', data]);
    expect(await queue()).toEqual([]);
    const [first = '', ...others] = pictures;
    if (others.length > 0) {
      await input.setInputFiles([first]);
      await page.getByText(/A message needs \d+ more/).waitFor();
    }
    await input.setInputFiles(pictures);
    await page.getByText('1 message taken, 0 were here already.').waitFor();
    expect(await queue()).toHaveLength(1);
    const rubbish = path.join(await testFolder(), 'rubbish.txt');
    await writeFile(rubbish, 'no message at all');
    await input.setInputFiles([rubbish]);
    await page.getByText(/rubbish\.txt: .*ERR_/).waitFor();
    expect(seen.complaints).toEqual([]);
  });
});

type Seen = Omit<Awaited<ReturnType<typeof openWatchedPage>>, 'page'>;

/** Looks at the animation until a message is complete. */
async function film(page: Page): Promise<Uint8Array> {
  const receiver = new QrReceiver({ maxMessageBytes: 2 ** 20, maxHeldBytes: 2 ** 22, maxRemembered: 10 });
  const canvas = page.getByRole('img', { name: 'Animated QR code' });
  for (let picture = 0; picture < 200; picture++) {
    const { data, width, height } = PNG.sync.read(await canvas.screenshot());
    const found = jsQR.default(new Uint8ClampedArray(data), width, height);
    const receipt = found === null ? undefined : receiver.push(found.data);
    if (receipt?.kind === 'message') return receipt.message;
  }
  throw new Error('no message could be read from the codes');
}

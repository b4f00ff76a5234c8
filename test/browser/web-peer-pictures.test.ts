import path from 'node:path';
import type { Browser } from 'playwright-core';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildCommand, testFolder } from '../support/processes.js';
import { describeBrowser, launchChromium } from './chromium.js';
import { add, invitationOf, newPerson, type Person, seen, startPeerGateway, write } from './people.js';

const [WIDTH, HEIGHT] = [1800, 1200];
const SECRET = 'where it was taken';

/** Four megabytes of noise around a red middle, with a comment that is nobody's business. */
function photograph(): Buffer {
  const png = new PNG({ width: WIDTH, height: HEIGHT });
  let state = 1;
  for (let pixel = 0; pixel < WIDTH * HEIGHT; pixel++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const [x, y] = [pixel % WIDTH, Math.floor(pixel / WIDTH)];
    const isRed = Math.abs(x - WIDTH / 2) < 400 && Math.abs(y - HEIGHT / 2) < 400;
    const grey = state >>> 24;
    png.data.set(isRed ? [255, 0, 0, 255] : [grey, grey, grey, 255], pixel * 4);
  }
  return Buffer.concat([PNG.sync.write(png), Buffer.from(SECRET)]);
}

/** What is drawn of the picture in a conversation: its size, and the colour of its middle. */
function pictureOf({ page }: Person, name: string) {
  return page.getByRole('img', { name }).evaluate(async (element) => {
    const picture = element as HTMLImageElement;
    await picture.decode();
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [picture.naturalWidth, picture.naturalHeight];
    const pen = canvas.getContext('2d');
    pen?.drawImage(picture, 0, 0);
    const middle = pen?.getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data ?? [];
    return { width: canvas.width, height: canvas.height, red: middle[0], green: middle[1], src: picture.src };
  });
}

/** What lies on somebody's disk of the pictures, byte by byte as characters. A text: it runs in the page. */
function storedPictures({ page }: Person): Promise<readonly string[]> {
  return page.evaluate(`new Promise((resolve, reject) => {
    const opening = indexedDB.open('waypost-web-peer');
    opening.onerror = reject;
    opening.onsuccess = () => {
      const request = opening.result.transaction('messages').objectStore('messages').getAll();
      const textOf = ({ bytes }) => new TextDecoder('latin1').decode(bytes);
      request.onsuccess = () => resolve(request.result.flatMap(({ pictures = [] }) => pictures.map(textOf)));
    };
  })`);
}

describeBrowser('a picture', () => {
  let bin: string;
  let browser: Browser;
  beforeAll(async () => {
    [bin, browser] = await Promise.all([buildCommand(), launchChromium()]);
  });
  afterAll(() => browser?.close());

  it('is made small, goes through the gateway, and is there again after a reload', async () => {
    const { process, invited } = await startPeerGateway(bin, path.join(await testFolder(), 'gateway'));
    const ada = await newPerson(browser, 'Ada', invited);
    const bob = await newPerson(browser, 'Bob', invited);
    await add(bob, await invitationOf(ada));
    const file = { name: 'holiday.png', mimeType: 'image/png', buffer: photograph() };
    await bob.page.getByLabel('Add a picture').setInputFiles(file);
    const size = await bob.page.getByText(/^\d+ kB$/).textContent();
    expect(Number(size?.split(' ')[0])).toBeLessThanOrEqual(200);
    await write(bob, 'look at this');
    await seen(bob, 'look at this', 'delivered to their device');

    await ada.page.getByRole('button', { name: 'Unknown' }).click();
    const got = await pictureOf(ada, 'Picture 1 of 1, from Unknown');
    expect(got.width / got.height).toBeCloseTo(WIDTH / HEIGHT, 1);
    expect(got.red).toBeGreaterThan(200);
    expect(got.green).toBeLessThan(60);
    expect(got.src).toMatch(/^blob:/);

    await bob.page.goto(`${process.http}/peer/`);
    await bob.page.reload();
    await bob.page.getByRole('button', { name: 'Ada' }).click();
    expect(await pictureOf(bob, 'Picture 1 of 1, from you')).toMatchObject({ width: got.width, height: got.height });
    const [stored = ''] = await storedPictures(ada);
    expect(stored.length).toBeGreaterThan(10_000);
    expect(stored).not.toContain(SECRET);
    expect([...ada.complaints, ...bob.complaints]).toEqual([]);
  });

  it('that is none is not sent', async () => {
    const { invited } = await startPeerGateway(bin, path.join(await testFolder(), 'gateway'));
    const ada = await newPerson(browser, 'Ada', invited);
    const bob = await newPerson(browser, 'Bob', invited);
    await add(bob, await invitationOf(ada));
    const file = { name: 'a.png', mimeType: 'image/png', buffer: Buffer.from('<svg onload="alert(1)"/>') };
    await bob.page.getByLabel('Add a picture').setInputFiles(file);
    await bob.page.getByRole('alert').getByText('this is no picture that the browser can show').waitFor();
    await write(bob, 'then without');
    await seen(bob, 'then without', 'delivered to their device');
  });
});

import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { QrReceiver } from '../../../src/link/qr-receiver.js';
import { createPage } from '../../../transports/qr/page.js';
import { writePictures } from '../../../transports/qr/picture-files.js';
import { encodePng } from '../../../transports/qr/png.js';
import { type PictureFinding, readPictures } from '../../../transports/qr/read-pictures.js';
import { showOnTerminal, type Terminal } from '../../../transports/qr/terminal.js';
import { randomFrom } from '../../crash/random.js';
import { FakePage } from '../../support/fake-page.js';
import { pictureReader } from '../../support/qr.js';
import { randomBytesOf } from '../../support/random.js';

const reader = pictureReader();
afterAll(() => reader[Symbol.asyncDispose]());

function receiver(): QrReceiver {
  return new QrReceiver({ maxMessageBytes: 2 ** 20, maxHeldBytes: 2 ** 24, maxRemembered: 10 });
}

const ESCAPE = '\x1b';
const messageOf = (length: number) => randomBytesOf(randomFrom(length), length);

/** Remembers what is drawn, one picture for each time the cursor goes home. */
class FakeTerminal implements Terminal {
  readonly written: string[] = [];
  columns: number;
  rows: number;

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
  }

  write(text: string, done: () => void): boolean {
    this.written.push(text);
    done();
    return true;
  }

  /** Modules as they are on the screen. */
  screens(): boolean[][][] {
    return this.written.filter((text) => text.startsWith('\x1b[H')).map(modulesOf);
  }
}

function modulesOf(screen: string): boolean[][] {
  const lines = screen
    .replace(new RegExp(`${ESCAPE}\\[[\\d;?]*[A-Za-z]`, 'g'), '')
    .split('\r\n')
    .slice(0, -1);
  return lines.flatMap((line) => [
    [...line].map((character) => character === '█' || character === '▀'),
    [...line].map((character) => character === '█' || character === '▄'),
  ]);
}

const immediately = { now: () => 0, sleep: async (_: number, signal: AbortSignal) => signal.throwIfAborted() };
const signal = new AbortController().signal;

describe('on a terminal', () => {
  it.each([
    [200, 70, 20],
    [105, 54, 20],
    [104, 54, 19],
    [80, 24, 5],
  ])('of %d x %d a message is shown in codes of version %d, which a camera reads', async (columns, rows, version) => {
    const terminal = new FakeTerminal(columns, rows);
    const message = messageOf(900);
    await showOnTerminal([message], { terminal, timers: immediately, rounds: 1, signal, maxVersion: 20 });
    const watching = receiver();
    const receipts = [];
    for (const modules of terminal.screens()) {
      expect(modules[0]?.length).toBeLessThanOrEqual(17 + 4 * version + 8);
      expect(modules.length / 2).toBeLessThan(rows);
      for (const text of await reader.read(encodePng(modules, 3))) receipts.push(watching.push(text));
    }
    expect(receipts.at(-1)).toMatchObject({ kind: 'message', message });
  });

  it('leaves the terminal as it was, also when it is told to end', async () => {
    const terminal = new FakeTerminal(80, 24);
    const abort = new AbortController();
    const reason = new Error('enough');
    let shown = 0;
    const timers = {
      now: () => 0,
      async sleep() {
        if (++shown === 100) abort.abort(reason);
      },
    };
    const showing = showOnTerminal([messageOf(2000)], { terminal, timers, signal: abort.signal });
    await expect(showing).rejects.toBe(reason);
    expect(terminal.screens()).toHaveLength(100);
    expect(terminal.written[0]).toContain('\x1b[?1049h');
    expect(terminal.written.at(-1)).toContain(`${ESCAPE}[?25h${ESCAPE}[?1049l`);
  });

  it('says how large it has to be when it is too small, or becomes so', async () => {
    const small = showOnTerminal([messageOf(9)], { terminal: new FakeTerminal(40, 24), timers: immediately, signal });
    await expect(small).rejects.toMatchObject({
      code: 'ERR_TOO_LARGE',
      message: 'a terminal of 40 x 24 has no room for a QR code: it takes 41 columns and 22 rows',
    });
    const terminal = new FakeTerminal(80, 24);
    const timers = {
      now: () => 0,
      async sleep() {
        terminal.rows = 10;
      },
    };
    const shrinking = showOnTerminal([messageOf(2000)], { terminal, timers, signal });
    await expect(shrinking).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' });
    expect(terminal.written.at(-1)).toContain('\x1b[?1049l');
    const none = showOnTerminal([messageOf(9)], { terminal: { write: () => true }, timers: immediately, signal });
    await expect(none).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' });
  });
});

describe('the page', () => {
  const messages = [messageOf(1500), messageOf(40)];
  const page = createPage(messages);

  it('plays every picture that is needed, and as many again', async () => {
    const playing = new FakePage(page, { clientWidth: 390, clientHeight: 600, ratio: 2 });
    const { canvas, position } = playing;
    expect(canvas.width).toBe(Math.floor(780 / 101) * 101); // whole pixels to each of the modules
    expect(canvas.style.width).toBe(`${canvas.width / 2}px`);
    const watching = receiver();
    const found = [];
    for (let i = 1; i <= 6; i++) {
      expect(position.textContent).toBe(`code ${i} of 6, 10 a second`);
      for (const text of i % 2 === 1 ? await reader.read(encodePng(canvas.pixels(), 1)) : []) {
        const receipt = watching.push(text);
        if (receipt.kind === 'message') found.push(receipt.message);
      }
      playing.tick();
    }
    expect(found).toEqual(expect.arrayContaining(messages)); // though every other picture was missed
    expect(position.textContent).toContain('code 1 of 6');
    playing.clickToggle();
    playing.tick();
    expect(position.textContent).toContain('code 1 of 6');
    playing.clickToggle();
    playing.tick();
    expect(position.textContent).toContain('code 2 of 6');
  });

  it('allows itself only its own script and style, and names no other place', () => {
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? '';
    const hash = (text: string | undefined) =>
      createHash('sha256')
        .update(text ?? '')
        .digest('base64');
    const [script, style] = [/<script>(.*?)<\/script>/s.exec(page)?.[1], /<style>(.*?)<\/style>/s.exec(page)?.[1]];
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`script-src 'sha256-${hash(script)}'`);
    expect(policy).toContain(`style-src 'sha256-${hash(style)}'`);
    expect(page.replace(/"pictures":\[.*?\]/s, '')).not.toMatch(/https?:|src=|href=|url\(|import/);
  });
});

describe('pictures in files', () => {
  it('are found again whatever their order and whatever lies between them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'waypost-qr-'));
    try {
      const messages = [messageOf(5000), messageOf(700)];
      const paths = await writePictures(messages, folder, { scale: 3 });
      expect(paths).toHaveLength(7 + 1 + 2 + 1);
      expect(await writePictures(messages, folder, { scale: 3 })).toEqual(paths);
      expect((await readdir(folder)).length).toBe(paths.length);
      for (const path of [paths[0], paths[3], paths[8]]) await rm(path ?? '');
      await writeFile(join(folder, 'letter.txt'), 'dear reader');
      await writeFile(join(folder, 'half.png'), (await readFile(paths[1] ?? '')).subarray(0, 300));
      await symlink('/etc/passwd', join(folder, 'link.png'));
      await mkdir(join(folder, 'folder.png'));
      const found: PictureFinding[] = [];
      for await (const finding of readPictures([folder, join(folder, 'nowhere')], { reader })) found.push(finding);
      const skipped = found.flatMap((finding) => (finding.kind === 'skipped' ? [finding.reason.code] : []));
      expect(skipped.sort()).toEqual(['ERR_NETWORK', 'ERR_PICTURE', 'ERR_PICTURE']);
      expect(found.filter(({ kind }) => kind === 'incomplete')).toMatchObject([{ missingFrames: 1, sourceFrames: 7 }]);
      expect(found.flatMap((finding) => (finding.kind === 'message' ? [finding.message] : []))).toEqual([messages[1]]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

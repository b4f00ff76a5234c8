import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { drawText } from '../../src/link/qr-symbol.js';
import { encodePng } from '../../transports/qr/png.js';
import { FFMPEG_NOTICE } from '../support/ffmpeg.js';
import { describeBrowser, launchChromium } from './chromium.js';
import type { Person } from './people.js';

/** A browser whose camera plays a file (Chromium, "fake video capture"), which is read anew whenever the camera is opened. */
export interface FilmedBrowser extends AsyncDisposable {
  readonly browser: Browser;
  /** What the camera sees from its next opening on: PNG pictures of one size, in the order of their names, ten a second, round and round. */
  show(pictures: string): Promise<void>;
  /** As `show`: one picture (PNG) that does not move. */
  showPicture(png: Uint8Array): Promise<void>;
}

const CAMERA = '1280:960';
const GIVE_UP_AFTER_MS = 40_000;

/** Declares a suite that needs such a browser. */
export function describeFilmed(title: string, declare: () => void): void {
  describeBrowser(title, declare, FFMPEG_NOTICE);
}

export async function launchFilmedBrowser(): Promise<FilmedBrowser> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'waypost-camera-'));
  const film = path.join(folder, 'camera.mjpeg');
  const show = async (pictures: string): Promise<void> => {
    const fit = `scale=${CAMERA}:force_original_aspect_ratio=decrease,pad=${CAMERA}:-1:-1:white,fps=30`;
    const input = ['-framerate', '10', '-pattern_type', 'glob', '-i', path.join(pictures, '*.png')];
    const output = ['-vf', fit, '-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p', '-q:v', '4', film];
    await promisify(execFile)('ffmpeg', ['-loglevel', 'error', '-y', ...input, ...output]);
  };
  const showPicture = async (png: Uint8Array): Promise<void> => {
    const still = await mkdtemp(path.join(folder, 'still-'));
    await writeFile(path.join(still, '0.png'), png);
    await show(still);
  };
  await showPicture(codeOf('nothing'));
  const browser = await launchChromium(
    '--use-fake-device-for-media-stream',
    `--use-file-for-fake-video-capture=${film}`,
  );
  return {
    browser,
    show,
    showPicture,
    async [Symbol.asyncDispose]() {
      await browser.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A QR code as PNG. */
export function codeOf(text: string): Uint8Array {
  return encodePng(drawText(text), 6);
}

/** Photographs of the animation on somebody's screen, as PNG files in `folder`: as many different ones as two rounds of it have. */
export async function photographCodes({ page }: Person, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const codes = page.getByRole('img', { name: 'QR codes for the camera of the gateway' });
  const [, count = '0'] = /\((\d+) in all\)/.exec((await page.getByText('Codes a second').textContent()) ?? '') ?? [];
  const taken = new Set<string>();
  const endMs = performance.now() + GIVE_UP_AFTER_MS;
  if (count === '0') throw new Error('the page does not say how many codes there are');
  while (taken.size < 2 * Number(count)) {
    if (performance.now() > endMs) throw new Error(`only ${taken.size} different codes were on the screen`);
    const picture = await codes.screenshot();
    const content = picture.toString('base64');
    if (taken.has(content)) continue;
    taken.add(content);
    await writeFile(path.join(folder, `${String(taken.size).padStart(4, '0')}.png`), picture);
  }
}

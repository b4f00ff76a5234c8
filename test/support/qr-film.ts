import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { createShow } from '../../src/link/qr-show.js';
import { type Raster, rasterOf, tear } from './qr-pictures.js';

export interface FilmOptions {
  /** Pictures of the display. */
  readonly periods: number;
  /** Pictures that the camera takes of each. */
  readonly looksAPeriod: number;
  /** Which part of what the camera takes is torn: the top of one picture of the display, and the rest of the next. */
  readonly torn: number;
  readonly pixelsAModule: number;
  readonly random: () => number;
}

/** What a camera films of messages that are shown, as MJPEG that ffmpeg has made. */
export async function filmOf(messages: readonly Uint8Array[], options: FilmOptions): Promise<Buffer> {
  const rasters = rastersOf(messages, options.pixelsAModule);
  let [current, next] = [takeOf(rasters), takeOf(rasters)];
  const size = `${current.width}x${current.height}`;
  const input = ['-f', 'rawvideo', '-pix_fmt', 'gray', '-video_size', size, '-framerate', '30', '-i', '-'];
  const output = ['-f', 'mjpeg', '-q:v', '6', '-'];
  const ffmpeg = spawn('ffmpeg', ['-loglevel', 'error', ...input, ...output], { stdio: ['pipe', 'pipe', 'inherit'] });
  const film = buffer(ffmpeg.stdout);
  for (let period = 0; period < options.periods; period++) {
    for (let look = 0; look < options.looksAPeriod; look++) {
      const isTorn = options.random() < options.torn;
      const row = Math.floor((0.1 + 0.8 * options.random()) * current.height);
      const { pixels } = isTorn ? tear(next, current, row) : current;
      if (!ffmpeg.stdin.write(pixels)) await once(ffmpeg.stdin, 'drain');
    }
    [current, next] = [next, takeOf(rasters)];
  }
  ffmpeg.stdin.end();
  return await film;
}

function* rastersOf(messages: readonly Uint8Array[], pixelsAModule: number): Generator<Raster, void, undefined> {
  for (const { modules } of createShow(messages).pictures()) yield rasterOf(modules, pixelsAModule);
}

function takeOf(rasters: Iterator<Raster>): Raster {
  const { done, value } = rasters.next();
  if (done) throw new Error('the animation has ended');
  return value;
}

import { QrReceiver } from '../../../src/link/qr-receiver.js';
import { createShow } from '../../../src/link/qr-show.js';
import { MjpegSplitter } from '../../../transports/qr/mjpeg.js';
import { loadDecoder } from '../../../transports/qr/read-codes.js';
import { randomFrom } from '../../crash/random.js';
import { filmOf } from '../../support/qr-film.js';
import { randomBytesOf } from '../../support/random.js';
import { median } from '../measure.js';
import type { BenchReport } from '../report.js';

const LOOKS_A_PERIOD = 3;
const TORN = 0.2;
const LIMIT = 1.25;

/** 50 KB as a camera sees it: 30 pictures a second of an animation with 10, every fifth picture torn. */
export async function measureFilm(): Promise<BenchReport> {
  const random = randomFrom(30);
  const message = randomBytesOf(random, 50_000);
  const { picturesPerRound } = createShow([message]);
  const film = await filmOf([message], {
    periods: Math.ceil(picturesPerRound * LIMIT) + 5,
    looksAPeriod: LOOKS_A_PERIOD,
    torn: TORN,
    pixelsAModule: 5,
    random,
  });
  const { pictures, times } = await watch(film);
  const value = Math.ceil(pictures / LOOKS_A_PERIOD) / picturesPerRound;
  const name = '50 KB from a film with 20 % torn pictures';
  return {
    measurements: [
      { bench: 'qr', case: name, subject: 'waypost', value, unit: 'display periods / frames of the message' },
      { bench: 'qr', case: 'time for a picture of the film', subject: 'zxing-wasm', value: median(times), unit: 'ms' },
    ],
    bars: [
      { bench: 'qr', bar: `${name}, display periods`, value, limit: LIMIT, relation: '<=', holds: value <= LIMIT },
    ],
  };
}

/** How many pictures it takes. */
async function watch(film: Uint8Array): Promise<{ pictures: number; times: number[] }> {
  const decode = await loadDecoder();
  const receiver = new QrReceiver({ maxMessageBytes: 2 ** 20, maxHeldBytes: 2 ** 24, maxRemembered: 1 });
  const times: number[] = [];
  let pictures = 0;
  for (const picture of new MjpegSplitter(2 ** 24).push(film)) {
    pictures++;
    const startMs = performance.now();
    const texts = await decode(picture);
    times.push(performance.now() - startMs);
    if (texts.some((text) => receiver.push(text).kind === 'message')) return { pictures, times };
  }
  return { pictures: Number.POSITIVE_INFINITY, times };
}

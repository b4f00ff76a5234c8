import jsQR from 'jsqr';
import { PNG } from 'pngjs';
import decodeQR from 'qr/decode.js';
import { createShow } from '../../../src/link/qr-show.js';
import { loadDecoder } from '../../../transports/qr/read-codes.js';
import { randomFrom } from '../../crash/random.js';
import { photograph, type Raster, randomDistortion, rasterOf, toRgba } from '../../support/qr-pictures.js';
import { randomBytesOf } from '../../support/random.js';
import { median } from '../measure.js';
import type { BenchReport } from '../report.js';

const PICTURES = 80;
const PIXELS_A_MODULE = 5;
const STRENGTH = 0.5;

type Read = (picture: Raster) => Promise<boolean>;

/** How many of the same badly taken pictures of version 20-L each decoder reads, and how long it takes for one. */
export async function measureDistortions(): Promise<BenchReport> {
  const random = randomFrom(20);
  const show = createShow([randomBytesOf(random, 50_000)]);
  const photographs: Raster[] = [];
  for (const { modules } of show.pictures()) {
    if (photographs.length === PICTURES) break;
    photographs.push(photograph(rasterOf(modules, PIXELS_A_MODULE), randomDistortion(random, STRENGTH), random));
  }
  const rates = new Map<string, number>();
  const measurements = [];
  for (const [subject, read] of await readers()) {
    const times: number[] = [];
    let found = 0;
    for (const picture of photographs) {
      const startMs = performance.now();
      if (await read(picture)) found++;
      times.push(performance.now() - startMs);
    }
    rates.set(subject, found / PICTURES);
    measurements.push(
      { bench: 'qr', case: 'distorted pictures read', subject, value: found / PICTURES, unit: 'of all' },
      { bench: 'qr', case: 'time for a distorted picture', subject, value: median(times), unit: 'ms' },
    );
  }
  const [ours = 0, weakest = 1] = [rates.get('zxing-wasm'), rates.get('jsqr')];
  return {
    measurements,
    bars: [
      { bench: 'qr', bar: 'distorted pictures read', value: ours, limit: 0.95, holds: ours >= 0.95 },
      { bench: 'qr', bar: 'of which jsqr fails to read', value: 1 - weakest, limit: 0.25, holds: weakest <= 0.75 },
    ],
  };
}

async function readers(): Promise<[string, Read][]> {
  const decode = await loadDecoder();
  return [
    ['zxing-wasm', async (picture) => (await decode(pngOf(picture))).length > 0],
    ['qr/decode', async (picture) => attempt(() => decodeQR(toRgba(picture)))],
    ['jsqr', async (picture) => attempt(() => jsqr(toRgba(picture)))],
  ];
}

function jsqr({ data, width, height }: ReturnType<typeof toRgba>): string {
  const found = jsQR.default(data, width, height);
  if (found === null) throw new Error('nothing found');
  return found.data;
}

function attempt(read: () => string): boolean {
  try {
    return read() !== '';
  } catch {
    return false;
  }
}

function pngOf({ width, height, pixels }: Raster): Buffer {
  const png = new PNG({ width, height, colorType: 0, inputColorType: 0, inputHasAlpha: false });
  png.data = Buffer.from(pixels);
  return PNG.sync.write(png, { colorType: 0, inputColorType: 0, inputHasAlpha: false, deflateLevel: 1 });
}

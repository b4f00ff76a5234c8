import { measureDecoding } from './qr/decoding.js';
import { measureDistortions } from './qr/distortions.js';
import { measureFilm } from './qr/film.js';
import { measureFrames } from './qr/frames.js';
import type { BenchReport } from './report.js';

/** Animated QR codes: how many frames it takes beside other codes, what decoding costs, and what a camera makes of it. */
export async function runQrBench(): Promise<BenchReport> {
  const reports: BenchReport[] = [];
  for (const measure of [measureFrames, measureDecoding, measureFilm, measureDistortions])
    reports.push(await measure());
  return {
    measurements: reports.flatMap(({ measurements }) => measurements),
    bars: reports.flatMap(({ bars }) => bars),
  };
}

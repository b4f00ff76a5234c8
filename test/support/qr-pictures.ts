import type { Modules } from '../../src/link/qr-symbol.js';

/** A grey picture: a byte a pixel, row after row. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

export function rasterOf(modules: Modules, scale: number): Raster {
  const side = modules.length * scale;
  const pixels = new Uint8Array(side * side);
  for (let y = 0; y < side; y++) {
    const row = modules[Math.floor(y / scale)] ?? [];
    for (let x = 0; x < side; x++) pixels[y * side + x] = row[Math.floor(x / scale)] ? 0 : 255;
  }
  return { width: side, height: side, pixels };
}

/** What a camera sees that reads its rows while the display changes: the top of one picture and the rest of the other. */
export function tear(upper: Raster, lower: Raster, row: number): Raster {
  const pixels = lower.pixels.slice();
  pixels.set(upper.pixels.subarray(0, row * upper.width));
  return { ...lower, pixels };
}

export function toRgba({ width, height, pixels }: Raster) {
  const data = new Uint8ClampedArray(4 * pixels.length);
  for (const [i, grey] of pixels.entries()) data.set([grey, grey, grey, 255], 4 * i);
  return { width, height, data };
}

/** How badly a picture is taken. */
export interface Distortion {
  readonly rotationDegrees: number;
  /** By how much the corners are off, as a part of the side. */
  readonly perspective: number;
  /** Radius of the blur, in pixels. */
  readonly blurPixels: number;
  /** Standard deviation of the noise, in grey levels. */
  readonly noise: number;
  /** Difference of black and white, in grey levels, and how much of it is lost from one side of the picture to the other. */
  readonly contrast: number;
  readonly shade: number;
}

/** A photograph of a code by chance; with `strength` 1 the worst that can come is hardly to be read. */
export function randomDistortion(random: () => number, strength: number): Distortion {
  return {
    rotationDegrees: random() < 0.7 ? (random() - 0.5) * 50 * strength : random() * 360,
    perspective: random() * 0.12 * strength,
    blurPixels: random() * 2.2 * strength,
    noise: random() * 30 * strength,
    contrast: 255 - random() * 185 * strength,
    shade: random() * 0.4 * strength,
  };
}

/** The picture as photographed, on a white wall of half as much again. Every pixel is the mean of four looks. */
export function photograph(code: Raster, distortion: Distortion, random: () => number): Raster {
  const { rotationDegrees, perspective, blurPixels, noise, contrast, shade } = distortion;
  const side = Math.ceil(code.width * 1.5);
  const angle = (rotationDegrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [tiltX, tiltY] = [(random() - 0.5) * 4 * perspective, (random() - 0.5) * 4 * perspective];
  const lookAt = (x: number, y: number): number => {
    const [u, v] = [x / code.width - 0.75, y / code.width - 0.75];
    const depth = 1 + tiltX * u + tiltY * v;
    const [s, t] = [(cos * u + sin * v) / depth + 0.5, (cos * v - sin * u) / depth + 0.5];
    if (s < 0 || t < 0 || s >= 1 || t >= 1) return 255;
    return code.pixels[Math.floor(t * code.height) * code.width + Math.floor(s * code.width)] ?? 255;
  };
  const sharp = new Float32Array(side * side);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const looks = lookAt(x + 0.25, y + 0.25) + lookAt(x + 0.75, y + 0.25) + lookAt(x + 0.25, y + 0.75);
      sharp[y * side + x] = (looks + lookAt(x + 0.75, y + 0.75)) / 4;
    }
  }
  const blurred = blur(blur(sharp, blurPixels, 1), blurPixels, side);
  const dark = (255 - contrast) * random();
  const pixels = new Uint8Array(side * side);
  for (const [i, grey] of blurred.entries()) {
    const light = 1 - shade * ((i % side) / side);
    pixels[i] = Math.max(0, Math.min(255, (dark + (grey * contrast) / 255) * light + noise * gaussian(random)));
  }
  return { width: side, height: side, pixels };
}

/** A moving average with soft edges, along rows (`step` 1) or columns (`step` side). */
function blur(values: Float32Array, radius: number, step: number): Float32Array {
  const reach = Math.ceil(radius);
  const weights = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.min(1, radius + 1 - Math.abs(i - reach)));
  const sum = weights.reduce((a, b) => a + b, 0);
  const last = values.length - 1;
  return values.map((_, at) => {
    let total = 0;
    for (let i = -reach; i <= reach; i++) {
      total += (weights[i + reach] ?? 0) * (values[Math.max(0, Math.min(last, at + i * step))] ?? 0);
    }
    return total / sum;
  });
}

/** Standard normal (Box and Muller). */
function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

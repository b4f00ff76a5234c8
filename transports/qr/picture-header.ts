import { constants, inflateSync } from 'node:zlib';
import { WaypostError } from '../../src/core/errors.js';

export interface PictureLimits {
  /** Of one encoded picture. Default 16 MiB. */
  readonly maxPictureBytes: number;
  /** Width times height. Default 16 million: what a telephone takes is 12. */
  readonly maxPixels: number;
}

export const DEFAULT_PICTURE_LIMITS: PictureLimits = { maxPictureBytes: 16 * 2 ** 20, maxPixels: 16_000_000 };

export type PictureKind = 'png' | 'jpeg';

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Samples a pixel by PNG colour type: grey, RGB, palette, grey and alpha, RGB and alpha (PNG, section 11.2.1). */
const PNG_SAMPLES: ReadonlyMap<number, number> = new Map([
  [0, 1],
  [2, 3],
  [3, 1],
  [4, 2],
  [6, 4],
]);

/** What a file is by its first bytes; undefined when it is no picture that we read. */
export function pictureKindOf(start: Uint8Array): PictureKind | undefined {
  if (PNG_SIGNATURE.every((byte, i) => start[i] === byte)) return 'png';
  return start[0] === 0xff && start[1] === 0xd8 && start[2] === 0xff ? 'jpeg' : undefined;
}

/**
 * Looks at a picture before anything is decoded: its kind and its size. Throws ERR_PICTURE for what is no picture, and
 * ERR_TOO_LARGE for one that is over the limits.
 */
export function checkPicture(picture: Uint8Array, limits: PictureLimits): void {
  if (picture.length > limits.maxPictureBytes) {
    const what = `a picture of ${picture.length} bytes, the limit is ${limits.maxPictureBytes}`;
    throw new WaypostError('ERR_TOO_LARGE', what);
  }
  const kind = pictureKindOf(picture);
  if (kind === undefined) throw damaged('these bytes are neither PNG nor JPEG');
  const { width, height } = kind === 'png' ? pngHeader(picture) : jpegSize(picture);
  if (width === 0 || height === 0) throw damaged('a picture without a size');
  if (width * height <= limits.maxPixels) return;
  const what = `a picture of ${width} x ${height} pixels, the limit is ${limits.maxPixels} in all`;
  throw new WaypostError('ERR_TOO_LARGE', what);
}

/**
 * Unpacks the pixels of a PNG, of which {@link checkPicture} was told the size, and throws them away: a decoder that
 * unpacks whatever is there could be made to fill the memory. Throws ERR_TOO_LARGE for more than the size allows for.
 */
export function checkPngPixels(picture: Uint8Array): void {
  const { width, height, bitDepth, colourType } = pngHeader(picture);
  const bitsAPixel = bitDepth * (PNG_SAMPLES.get(colourType) ?? 0);
  // Seven passes when interlaced, each with a filter byte a row and rows filled up to bytes.
  const maxOutputLength = height * (Math.ceil((width * bitsAPixel) / 8) + 2) + 8 * (width + height) + 64;
  try {
    inflateSync(pngPixels(picture), { maxOutputLength, finishFlush: constants.Z_SYNC_FLUSH });
  } catch (cause) {
    const tooLong =
      cause instanceof RangeError ||
      (cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE');
    if (!tooLong) throw damaged('the pixels of a PNG are damaged', cause);
    throw new WaypostError('ERR_TOO_LARGE', `a PNG of ${width} x ${height} pixels unpacks to more than that`, {
      cause,
    });
  }
}

function pngHeader(png: Uint8Array) {
  const view = viewOf(png);
  if (png.length < 33 || view.getUint32(8) !== 13 || view.getUint32(12) !== 0x4948_4452) {
    throw damaged('a PNG without its header');
  }
  return {
    width: view.getUint32(16),
    height: view.getUint32(20),
    bitDepth: view.getUint8(24),
    colourType: view.getUint8(25),
  };
}

/** The contents of the IDAT chunks. */
function pngPixels(png: Uint8Array): Buffer {
  const view = viewOf(png);
  const parts: Uint8Array[] = [];
  for (let at = 8; at + 12 <= png.length; ) {
    const length = view.getUint32(at);
    if (at + 12 + length > png.length) throw damaged('a PNG that is cut off');
    if (view.getUint32(at + 4) === 0x4944_4154) parts.push(png.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  return Buffer.concat(parts);
}

/** From the first frame header, SOF0 to SOF15 (ITU-T T.81, B.2.2). */
function jpegSize(jpeg: Uint8Array): { width: number; height: number } {
  const view = viewOf(jpeg);
  for (let at = 2; at + 9 <= jpeg.length; ) {
    if (view.getUint8(at) !== 0xff) break;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at++; // fill bytes may stand before a marker
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    at += 2 + view.getUint16(at + 2);
  }
  throw damaged('a JPEG without a frame header');
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function damaged(what: string, cause?: unknown): WaypostError {
  return new WaypostError('ERR_PICTURE', what, { cause });
}

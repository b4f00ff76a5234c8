import { constants, inflateSync } from 'node:zlib';
import { WaypostError } from '../../src/core/errors.js';
import { readPngHeader } from '../../src/core/picture.js';

/** Samples a pixel by PNG colour type: grey, RGB, palette, grey and alpha, RGB and alpha (PNG, section 11.2.1). */
const PNG_SAMPLES: ReadonlyMap<number, number> = new Map([
  [0, 1],
  [2, 3],
  [3, 1],
  [4, 2],
  [6, 4],
]);

/**
 * Unpacks the pixels of a PNG, of which `checkPicture` was told the size, and throws them away: a decoder that
 * unpacks whatever is there could be made to fill the memory. Throws ERR_TOO_LARGE for more than the size allows for.
 */
export function checkPngPixels(picture: Uint8Array): void {
  const { width, height, bitDepth, colourType } = readPngHeader(picture);
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

/** The contents of the IDAT chunks. */
function pngPixels(png: Uint8Array): Buffer {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const parts: Uint8Array[] = [];
  for (let at = 8; at + 12 <= png.length; ) {
    const length = view.getUint32(at);
    if (at + 12 + length > png.length) throw damaged('a PNG that is cut off');
    if (view.getUint32(at + 4) === 0x4944_4154) parts.push(png.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  return Buffer.concat(parts);
}

function damaged(what: string, cause?: unknown): WaypostError {
  return new WaypostError('ERR_PICTURE', what, { cause });
}

import { WaypostError } from './errors.js';

export interface PictureLimits {
  /** Of one encoded picture. Default 16 MiB. */
  readonly maxPictureBytes: number;
  /** Width times height. Default 16 million: what a telephone takes is 12. */
  readonly maxPixels: number;
}

export const DEFAULT_PICTURE_LIMITS: PictureLimits = { maxPictureBytes: 16 * 2 ** 20, maxPixels: 16_000_000 };

export type PictureKind = 'png' | 'jpeg';

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
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
  const { width, height } = kind === 'png' ? readPngHeader(picture) : jpegSize(picture);
  if (width === 0 || height === 0) throw damaged('a picture without a size');
  if (width * height <= limits.maxPixels) return;
  const what = `a picture of ${width} x ${height} pixels, the limit is ${limits.maxPixels} in all`;
  throw new WaypostError('ERR_TOO_LARGE', what);
}

export interface PngHeader {
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  /** Of one sample. */
  readonly bitDepth: number;
  /** PNG, section 11.2.1. */
  readonly colourType: number;
}

/** Throws ERR_PICTURE for a PNG that does not begin with its header. */
export function readPngHeader(png: Uint8Array): PngHeader {
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

function damaged(what: string): WaypostError {
  return new WaypostError('ERR_PICTURE', what);
}

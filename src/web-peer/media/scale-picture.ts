import { WaypostError } from '../../core/errors.js';
import type { Picture } from '../storage/records.js';

/** Longest side and JPEG quality of each attempt; the first that is small enough is taken. */
const ATTEMPTS = [
  [1600, 0.8],
  [1280, 0.7],
  [1024, 0.6],
  [800, 0.5],
  [640, 0.4],
] as const;

/**
 * Makes a JPEG of at most `maxBytes` of what somebody took or chose. It is drawn anew, so that nothing else in the file goes with it:
 * the place where it was taken, say. Throws ERR_PICTURE, ERR_TOO_LARGE.
 */
export async function scalePicture(file: Blob, maxBytes: number): Promise<Picture> {
  const bitmap = await createImageBitmap(file).catch((cause: unknown) => {
    throw new WaypostError('ERR_PICTURE', 'this is no picture that the browser can show', { cause });
  });
  try {
    for (const [maxSide, quality] of ATTEMPTS) {
      const blob = await drawJpeg(bitmap, maxSide, quality);
      if (blob.size > maxBytes) continue;
      return { mediaType: 'image/jpeg', bytes: new Uint8Array(await blob.arrayBuffer()) };
    }
  } finally {
    bitmap.close();
  }
  throw new WaypostError('ERR_TOO_LARGE', `the picture cannot be made smaller than ${maxBytes} bytes`);
}

function drawJpeg(bitmap: ImageBitmap, maxSide: number, quality: number): Promise<Blob> {
  const scale = Math.min(1, maxSide / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const pen = canvas.getContext('2d', { alpha: false });
  if (pen === null) throw new WaypostError('ERR_PICTURE', 'this browser has no memory for the picture');
  // What is transparent would be black.
  pen.fillStyle = '#fff';
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    const done = (blob: Blob | null): void => {
      if (blob === null) reject(new WaypostError('ERR_PICTURE', 'this browser cannot write the picture as JPEG'));
      else resolve(blob);
    };
    canvas.toBlob(done, 'image/jpeg', quality);
  });
}

import jsQR from 'jsqr';
import { PNG } from 'pngjs';

/** What the QR code in a picture (PNG) says. Throws when there is none that can be read. */
export function readQr(png: Uint8Array): string {
  const { data, width, height } = PNG.sync.read(png);
  const found = jsQR.default(new Uint8ClampedArray(data), width, height);
  if (found === null) throw new Error(`no QR code can be read in a picture of ${width} x ${height}`);
  return found.data;
}

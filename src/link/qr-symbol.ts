import { _BYTES, _ECC_BLOCKS, _WORDS_PER_BLOCK, type ErrorCorrection, encodeQR } from 'qr';
import { WaypostError } from '../core/errors.js';

/** Which QR codes to use. */
export interface SymbolOptions {
  /** 1 to 40: the largest that may be used; where all frames fit into a smaller one, that is used. Default 20. */
  readonly maxVersion?: number;
  /** What the QR code can repair of itself: 7, 15, 25 or 30 %. Default `low`, as frames that are missed are no loss. */
  readonly errorCorrection?: ErrorCorrection;
}

/** Light modules on each side, without which readers do not find a code (ISO/IEC 18004, 9.1). */
export const QUIET_ZONE_MODULES = 4;

/** A QR code: rows of modules, true where dark, with the quiet zone around them. */
export type Modules = readonly (readonly boolean[])[];

/** Modules on a side, with the quiet zone. */
export function sideOf(version: number): number {
  return 17 + 4 * version + 2 * QUIET_ZONE_MODULES;
}

/** How many bytes fit as Base45 into a QR code in alphanumeric mode (ISO/IEC 18004, 7.4.4). Throws ERR_INVALID_ARGUMENT for no version. */
export function frameBytesOf(version: number, errorCorrection: ErrorCorrection): number {
  const [total, words, blocks] = [_BYTES, _WORDS_PER_BLOCK[errorCorrection], _ECC_BLOCKS[errorCorrection]].map(
    (table) => table[version - 1],
  );
  if (total === undefined || words === undefined || blocks === undefined) {
    throw new WaypostError('ERR_INVALID_ARGUMENT', `${version} is not the version of a QR code, 1 to 40`);
  }
  const countBits = version < 10 ? 9 : version < 27 ? 11 : 13;
  const bits = (total - words * blocks) * 8 - 4 - countBits;
  const characters = Math.floor(bits / 11) * 2 + (bits % 11 >= 6 ? 1 : 0);
  return Math.floor(characters / 3) * 2 + (characters % 3 === 2 ? 1 : 0);
}

/** The smallest version that holds `frameBytes`. Throws ERR_TOO_LARGE when `maxVersion` does not. */
export function versionFor(frameBytes: number, { maxVersion = 20, errorCorrection = 'low' }: SymbolOptions): number {
  for (let version = 1; version <= maxVersion; version++) {
    if (frameBytesOf(version, errorCorrection) >= frameBytes) return version;
  }
  const what = `a frame of ${frameBytes} bytes does not fit into a QR code of version ${maxVersion}`;
  throw new WaypostError('ERR_TOO_LARGE', what);
}

/** Draws the text of a frame. */
export function drawSymbol(text: string, version: number, errorCorrection: ErrorCorrection): Modules {
  return encodeQR(text, 'raw', { version, ecc: errorCorrection, encoding: 'alphanumeric', border: QUIET_ZONE_MODULES });
}

/** Draws any text, in the smallest QR code that holds it. Throws what `encodeQR` throws for more than 2953 bytes. */
export function drawText(text: string): Modules {
  return encodeQR(text, 'raw', { ecc: 'low', border: QUIET_ZONE_MODULES });
}

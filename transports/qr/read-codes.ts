import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import { plainBytes } from '../../src/core/bytes.js';

/**
 * Prepares the decoder, and gives the function that finds the QR codes in a PNG or JPEG. The WebAssembly is passed
 * in: the default of the package would be to fetch it from the network.
 */
export async function loadDecoder(): Promise<(picture: Uint8Array) => Promise<string[]>> {
  const wasmBinary = plainBytes(await readFile(decoderFile())).slice().buffer;
  await prepareZXingModule({ overrides: { wasmBinary }, fireImmediately: true });
  return async (picture) => {
    const results = await readBarcodes(picture, { formats: ['QRCode'], maxNumberOfSymbols: 16 });
    return results.filter(({ isValid }) => isValid).map(({ text }) => text);
  };
}

/** Beside the bundle, which has a copy of it; where Node runs the sources as they are, in the installed package. */
function decoderFile(): string | URL {
  const here = import.meta.url;
  if (!here.endsWith('.ts')) return new URL('./zxing_reader.wasm', here);
  return createRequire(here).resolve('zxing-wasm/reader/zxing_reader.wasm');
}

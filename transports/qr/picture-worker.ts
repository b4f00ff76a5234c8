import { parentPort } from 'node:worker_threads';
import { isWaypostError } from '../../src/core/errors.js';
import { pictureKindOf } from '../../src/core/picture.js';
import type { PictureAnswer } from './picture-reader.js';
import { checkPngPixels } from './png-pixels.js';
import { loadDecoder } from './read-codes.js';

/*
 * The entry of the thread that reads pictures; a bundle needs it as an entry of its own. Finding a code takes from ten
 * milliseconds to some tenths of a second, in which nothing else would be answered.
 */

const decoder = loadDecoder();
decoder.catch(() => undefined); // every picture will say so

async function answer(picture: Uint8Array): Promise<PictureAnswer> {
  try {
    if (pictureKindOf(picture) === 'png') checkPngPixels(picture);
    return { texts: await (await decoder)(picture) };
  } catch (error) {
    const code = isWaypostError(error) ? error.code : 'ERR_PICTURE';
    return { code, message: error instanceof Error ? error.message : 'a picture could not be read' };
  }
}

parentPort?.on('message', async (picture: Uint8Array) => parentPort?.postMessage(await answer(picture)));

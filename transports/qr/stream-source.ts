import type { Readable } from 'node:stream';
import { MjpegSplitter } from './mjpeg.js';
import type { EncodedPicture, PictureSource } from './source.js';

/** All pictures of a stream of JPEG pictures, as fast as they are taken; the stream waits. */
export function createStreamSource(stream: Readable, maxPictureBytes: number): PictureSource {
  return {
    [Symbol.asyncIterator]: () => picturesOf(stream, maxPictureBytes),
    async [Symbol.asyncDispose]() {
      stream.destroy();
    },
  };
}

export async function* picturesOf(
  stream: Readable,
  maxPictureBytes: number,
): AsyncGenerator<EncodedPicture, void, undefined> {
  const splitter = new MjpegSplitter(maxPictureBytes);
  for await (const chunk of stream) {
    for (const bytes of splitter.push(chunk)) yield { bytes };
  }
}

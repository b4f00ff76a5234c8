import { decodeQR } from 'qr/decode.js';

/* The entry of the worker that finds QR codes in pictures, for browsers that cannot do that by themselves. */

export interface CodeQuestion {
  /** RGBA, row after row. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
}

export interface CodeAnswer {
  /** Of the code in the picture, if one can be read. */
  readonly texts: readonly string[];
}

/** For one picture: a camera soon has a better one. */
const TIME_LIMIT_MS = 150;

function textsIn({ pixels: data, width, height }: CodeQuestion): readonly string[] {
  try {
    return [decodeQR({ data, width, height }, { format: 'RGBA', timeLimit: TIME_LIMIT_MS })];
  } catch {
    return []; // there is none, or it is torn: in most pictures of a camera
  }
}

addEventListener('message', ({ data }: MessageEvent<CodeQuestion>) => {
  const answer: CodeAnswer = { texts: textsIn(data) };
  postMessage(answer);
});

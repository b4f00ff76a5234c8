import type { ErrorCorrection } from 'qr';
import { type AnimationFrame, type AnimationOptions, QrAnimation } from './qr-animation.js';
import { drawSymbol, frameBytesOf, type Modules, type SymbolOptions, versionFor } from './qr-symbol.js';

/** `compact`: see `QrAnimation`. */
export interface ShowOptions extends SymbolOptions, Pick<AnimationOptions, 'compact'> {}

/** One picture of the animation. */
export interface Picture {
  readonly modules: Modules;
  /** Of the message in it: 8 bytes. */
  readonly id: Uint8Array;
  readonly index: number;
  readonly round: number;
}

/** Messages as QR codes of one size, without end. */
export interface Show {
  readonly version: number;
  /** Pictures that a camera that misses none needs for all messages. */
  readonly picturesPerRound: number;
  pictures(): Generator<Picture, void, undefined>;
  /**
   * Those of the first round, and for each message as many further ones as are a part `spare` of its own: 1 for as many
   * again.
   */
  firstPictures(spare: number): Generator<Picture, void, undefined>;
}

/** Throws ERR_TOO_LARGE and ERR_INVALID_ARGUMENT as {@link QrAnimation} does. */
export function createShow(messages: readonly Uint8Array[], options: ShowOptions = {}): Show {
  const { maxVersion = 20, errorCorrection = 'low', compact = true } = options;
  const animation = new QrAnimation(messages, { frameBytes: frameBytesOf(maxVersion, errorCorrection), compact });
  const version = versionFor(animation.frameBytes, { maxVersion, errorCorrection });
  const pictures = () => draw(animation.frames(), version, errorCorrection);
  const firstPictures = (spare: number) => draw(firstFrames(animation, spare), version, errorCorrection);
  return { version, picturesPerRound: animation.framesPerRound, pictures, firstPictures };
}

function* firstFrames(animation: QrAnimation, spare: number): Generator<AnimationFrame, void, undefined> {
  for (const frame of animation.frames()) {
    if (frame.round > Math.ceil(spare)) return;
    if (frame.index < frame.sourceSymbols + Math.ceil(frame.sourceSymbols * spare)) yield frame;
  }
}

function* draw(
  frames: Iterable<AnimationFrame>,
  version: number,
  errorCorrection: ErrorCorrection,
): Generator<Picture, void, undefined> {
  for (const { text, ...frame } of frames) {
    yield { ...frame, modules: drawSymbol(text, version, errorCorrection) };
  }
}

import { WaypostError } from '../core/errors.js';
import { compactEnvelope } from './compact/compact.js';
import { FountainEncoder, MAX_SYMBOL_INDEX } from './fountain.js';
import {
  encodeFrame,
  FRAME_HEADER_BYTES,
  MAX_FRAMED_MESSAGE_BYTES,
  type MessageForm,
  messageIdOf,
} from './qr-frame.js';

export interface AnimationOptions {
  /** What one QR code holds, header included. */
  readonly frameBytes: number;
  /**
   * Lets envelopes travel in their compact form, which takes little more than half of the frames. Default true. A message
   * that another link has begun to send in the one form is finished by frames of the same form only.
   */
  readonly compact?: boolean;
}

export interface AnimationFrame {
  /** For a QR code in alphanumeric mode. */
  readonly text: string;
  /** Of the message in the frame. */
  readonly id: Uint8Array;
  /** Of the symbol in the frame. */
  readonly index: number;
  /** How many of the symbols from 0 on are the message itself. */
  readonly sourceSymbols: number;
  /** 0 while the messages themselves are shown, from 1 on combinations. */
  readonly round: number;
}

interface Part {
  readonly form: MessageForm;
  readonly id: Uint8Array;
  readonly messageBytes: number;
  readonly encoder: FountainEncoder;
}

/**
 * Messages as an animation without end. In each round every message has as many frames as it takes to know it, and no
 * round repeats another: whichever frames a camera misses, it needs only as many others.
 */
export class QrAnimation {
  /** Frames of a round. */
  readonly framesPerRound: number;
  /** Bytes of the longest frame, which all QR codes of the animation have to hold. */
  readonly frameBytes: number;
  readonly #parts: readonly Part[];

  /**
   * Throws ERR_TOO_LARGE for a message over 1 MiB or of more than 2048 frames, and ERR_INVALID_ARGUMENT for an empty
   * message, for no message, and for frames that have no room for one byte.
   */
  constructor(messages: readonly Uint8Array[], { frameBytes, compact = true }: AnimationOptions) {
    if (messages.length === 0) throw new WaypostError('ERR_INVALID_ARGUMENT', 'there is no message to show');
    this.#parts = messages.map((message) => createPart(message, frameBytes - FRAME_HEADER_BYTES, compact));
    this.framesPerRound = this.#parts.reduce((sum, { encoder }) => sum + encoder.sourceSymbols, 0);
    this.frameBytes = FRAME_HEADER_BYTES + Math.max(...this.#parts.map(({ encoder }) => encoder.symbolBytes));
  }

  /** Never ends; several can be read at the same time. */
  *frames(): Generator<AnimationFrame, never, undefined> {
    for (let round = 0; ; round++) {
      for (const { form, id, messageBytes, encoder } of this.#parts) {
        for (let i = 0; i < encoder.sourceSymbols; i++) {
          const index = (round * encoder.sourceSymbols + i) % (MAX_SYMBOL_INDEX + 1);
          const text = encodeFrame({ form, id, messageBytes, index, symbol: encoder.symbol(index) });
          yield { text, id, index, sourceSymbols: encoder.sourceSymbols, round };
        }
      }
    }
  }
}

function createPart(message: Uint8Array, roomBytes: number, compact: boolean): Part {
  if (message.length > MAX_FRAMED_MESSAGE_BYTES) {
    const what = `a message of ${message.length} bytes, the limit is ${MAX_FRAMED_MESSAGE_BYTES}`;
    throw new WaypostError('ERR_TOO_LARGE', what);
  }
  if (roomBytes < 1) throw new WaypostError('ERR_INVALID_ARGUMENT', 'a frame has no room for a symbol');
  const shorter = compact ? compactEnvelope(message) : undefined;
  const travels = shorter ?? message;
  const messageBytes = travels.length;
  const id = messageIdOf(travels);
  // Equal parts, as small as the number of frames allows: small codes are easier to read.
  const symbolBytes = Math.ceil(messageBytes / Math.ceil(messageBytes / roomBytes));
  const encoder = new FountainEncoder(travels, { symbolBytes, salt: id });
  return { form: shorter === undefined ? 'raw' : 'compact', id, messageBytes, encoder };
}

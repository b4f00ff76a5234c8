import { concatBytes } from '../core/bytes.js';
import { WaypostError } from '../core/errors.js';
import { cobsEncodeInto, cobsMaxEncodedLength } from './cobs.js';
import { crc32c } from './crc32c.js';
import { CRC_BYTES, FrameDecoder } from './frame-decoder.js';
import { DELIMITER } from './frame-splitter.js';
import { parityEncode, parityEncodedLength } from './parity-blocks.js';

/*
 * Frames on a line of bytes that may lose, damage and invent some. A frame is followed by its CRC-32C, low byte first;
 * both together are written without any zero, plainly (COBS) or with parity, and a zero stands behind them
 * (docs/transports/framing.md). Whoever receives takes both kinds, frame by frame, so that nothing has to be agreed on and
 * each side changes its kind when it likes.
 */

const DELIMITER_BYTES = 1;

/** Both ends of a line have to agree on them. */
export interface FramingOptions {
  /** The longest frame that is sent or taken, without what framing adds to it. */
  readonly maxFrameBytes: number;
}

/** One way to write frames on a line of bytes (`docs/transports/framing.md`). */
export interface LineFraming {
  /**
   * `frame` as it goes over the wire, its delimiter included. A sender that does not know what stands on the line before it
   * (the first frame, or one after silence) writes a {@link DELIMITER} first. Throws ERR_TOO_LARGE, and
   * ERR_INVALID_ARGUMENT for an empty frame.
   */
  encode(frame: Uint8Array): Uint8Array;
  /** How many bytes more than `frameBytes` a frame of that length takes on the wire, at most. */
  overheadBytes(frameBytes: number): number;
  /** Takes what comes from a line, of either kind. One for each time that the line is opened. */
  decoder(): FrameDecoder;
}

/** COBS: 6 bytes more than the frame, and one more for each 254. */
export function plainFraming(options: FramingOptions): LineFraming {
  return {
    encode(frame) {
      const whole = checked(frame, options);
      const wire = new Uint8Array(cobsMaxEncodedLength(whole.length) + DELIMITER_BYTES);
      const end = cobsEncodeInto(whole, wire);
      wire[end] = DELIMITER;
      return wire.subarray(0, end + DELIMITER_BYTES);
    },
    overheadBytes: (frameBytes) => plainWireBytes(frameBytes) - frameBytes,
    decoder: () => decoderOf(options),
  };
}

/** With parity: 14 bytes more than a frame of up to 242, and 9 more for each further 246. Four bytes of 255 may be wrong. */
export function parityFraming(options: FramingOptions): LineFraming {
  return {
    encode: (frame) => concatBytes(parityEncode(checked(frame, options)), Uint8Array.of(DELIMITER)),
    overheadBytes: (frameBytes) => parityWireBytes(frameBytes) - frameBytes,
    decoder: () => decoderOf(options),
  };
}

function plainWireBytes(frameBytes: number): number {
  return cobsMaxEncodedLength(frameBytes + CRC_BYTES) + DELIMITER_BYTES;
}

function parityWireBytes(frameBytes: number): number {
  return parityEncodedLength(frameBytes + CRC_BYTES) + DELIMITER_BYTES;
}

/** The frame and its CRC. */
function checked(frame: Uint8Array, { maxFrameBytes }: FramingOptions): Uint8Array {
  if (frame.length === 0) throw new WaypostError('ERR_INVALID_ARGUMENT', 'a frame for a line is empty');
  if (frame.length > maxFrameBytes) {
    throw new WaypostError('ERR_TOO_LARGE', `a frame has ${frame.length} bytes, the line's limit is ${maxFrameBytes}`);
  }
  const whole = new Uint8Array(frame.length + CRC_BYTES);
  whole.set(frame);
  const crc = crc32c(frame);
  for (let i = 0; i < CRC_BYTES; i++) whole[frame.length + i] = crc >>> (8 * i);
  return whole;
}

function decoderOf({ maxFrameBytes }: FramingOptions): FrameDecoder {
  // Either kind may come, whichever is sent.
  const longest = Math.max(plainWireBytes(maxFrameBytes), parityWireBytes(maxFrameBytes));
  return new FrameDecoder(maxFrameBytes, longest - DELIMITER_BYTES);
}

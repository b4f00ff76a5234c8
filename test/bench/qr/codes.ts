import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { UR, URDecoder, UREncoder } from '@ngraveio/bc-ur';
import { Decoder, Encoder, initSync } from 'raptorq/raptorq.js';
import { QrAnimation } from '../../../src/link/qr-animation.js';
import { FRAME_HEADER_BYTES } from '../../../src/link/qr-frame.js';
import { QrReceiver } from '../../../src/link/qr-receiver.js';
import { frameBytesOf } from '../../../src/link/qr-symbol.js';

/** A way to put messages into frames that fit into a QR code of version 20-L. */
export interface Code {
  readonly name: string;
  /** How often a transmission is simulated: the slow ones less often. */
  readonly trials: number;
  open(message: Uint8Array): Animation;
}

export interface Animation {
  /** The least number of frames that the message can be in. */
  readonly sourceFrames: number;
  /** Whatever is in the frame with this number, from 0 on. */
  frame(number: number): unknown;
  /** A receiver: takes a frame, and says whether the message is complete. */
  receive(): (frame: unknown) => boolean;
}

const FRAME_BYTES = frameBytesOf(20, 'low');
/** Alphanumeric characters in a code of version 20-L. */
const CHARACTERS = 1249;
/** Frames that are made at all, as a multiple of the number of frames of the message. */
export const LAST_FRAME = 24;

export async function openCodes(): Promise<readonly Code[]> {
  const wasm = await readFile(createRequire(import.meta.url).resolve('raptorq/raptorq_bg.wasm'));
  initSync(wasm);
  return [
    { name: 'waypost', trials: 400, open: openWaypost },
    { name: 'raptorq', trials: 200, open: openRaptorQ },
    { name: 'bc-ur', trials: 40, open: openUr },
  ];
}

export function openWaypost(message: Uint8Array): Animation {
  const animation = new QrAnimation([message], { frameBytes: FRAME_BYTES });
  const options = { maxMessageBytes: 2 ** 20, maxHeldBytes: 16 * 2 ** 20, maxRemembered: 1 };
  return {
    sourceFrames: animation.framesPerRound,
    frame: lazily(animation.frames(), ({ text }) => text),
    receive() {
      const receiver = new QrReceiver(options);
      return (frame) => receiver.push(String(frame)).kind === 'message';
    },
  };
}

/** With as much of a header as ours has: what it calls a packet begins with 4 bytes of its own. */
function openRaptorQ(message: Uint8Array): Animation {
  const packetBytes = FRAME_BYTES - FRAME_HEADER_BYTES;
  const sourceFrames = Math.ceil(message.length / (packetBytes - 4));
  const encoder = Encoder.with_defaults(message, packetBytes);
  const packets = encoder.encode(LAST_FRAME * sourceFrames);
  encoder.free();
  return {
    sourceFrames,
    frame: (number) => packets[number],
    receive() {
      const decoder = Decoder.with_defaults(BigInt(message.length), packetBytes);
      return (frame) => {
        const isComplete = frame instanceof Uint8Array && decoder.decode(frame) !== undefined;
        if (isComplete) decoder.free();
        return isComplete;
      };
    },
  };
}

/** The format of wallets. Its text has two letters a byte; fragments are as long as still fits. */
function openUr(message: Uint8Array): Animation {
  const ur = UR.fromBuffer(Buffer.from(message));
  let fragmentBytes = Math.floor(CHARACTERS / 2);
  while (new UREncoder(ur, fragmentBytes, 9999).nextPart().length > CHARACTERS) fragmentBytes--;
  const encoder = new UREncoder(ur, fragmentBytes);
  const parts = (function* () {
    for (;;) yield encoder.nextPart();
  })();
  return {
    sourceFrames: encoder.fragmentsLength,
    frame: lazily(parts, (part) => part),
    receive() {
      const decoder = new URDecoder();
      return (frame) => {
        decoder.receivePart(String(frame));
        return decoder.isComplete();
      };
    },
  };
}

/** Makes frames when they are first asked for, and keeps them. */
function lazily<T>(frames: Iterator<T>, textOf: (frame: T) => string): (number: number) => string {
  const made: string[] = [];
  return (number) => {
    for (let i = made.length; i <= number; i++) {
      const next = frames.next();
      if (next.done) break;
      made.push(textOf(next.value));
    }
    return made[number] ?? '';
  };
}

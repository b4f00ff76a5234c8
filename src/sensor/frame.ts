import { plainBytes } from '../core/bytes.js';
import { WaypostError } from '../core/errors.js';
import { decodeCbor, encodeCbor } from './cbor.js';
import { type CommandReport, readReport } from './command.js';
import { type CoseMessage, parseCose } from './cose.js';
import type { SenmlFormat } from './senml.js';
import { decodeNumber, type FrameNumber } from './sequence.js';

/*
 * What devices send; docs/sensors.md has it byte by byte. What a message is for, and the nonce that it must be made with,
 * stand in the external authenticated data (RFC 9052, 4.3): they cost no bytes, and no message can be passed off as another.
 */

/** What a message is for. Frames and hellos go up, the others down. */
export const PURPOSE = { frame: 0, hello: 1, answer: 2, grant: 3, command: 4 } as const;
export type Purpose = (typeof PURPOSE)[keyof typeof PURPOSE];

const CONTEXT = 'waypost-sensor';
export const NO_NONCE = new Uint8Array();

/** `nonce`: of the grant that the epoch is from; of a grant itself, the challenge that it answers; else none. */
export function externalAad(purpose: Purpose, nonce: Uint8Array): Uint8Array {
  return encodeCbor([CONTEXT, purpose, nonce]);
}

/** Readings, or a report on a command. */
export interface NumberedFrame {
  readonly kind: 'frame';
  readonly message: CoseMessage;
  readonly number: FrameNumber;
}

/** A device without memory asks for an epoch after its boot. */
export interface Hello {
  readonly kind: 'hello';
  readonly message: CoseMessage;
  /** 8 to 16 bytes that differ with each boot. */
  readonly challenge: Uint8Array;
}

const MIN_CHALLENGE_BYTES = 8;
const MAX_CHALLENGE_BYTES = 16;

/** Takes a frame apart; nothing is verified. Throws ERR_FRAME_MALFORMED, ERR_CBOR_MALFORMED, ERR_TOO_LARGE. */
export function parseFrame(bytes: Uint8Array): NumberedFrame | Hello {
  const message = parseCose(bytes);
  const { partialIv } = message.header;
  if (partialIv !== undefined) return { kind: 'frame', message, number: decodeNumber(partialIv) };
  const challenge = decodeCbor(message.payload, 'a hello');
  const isChallenge =
    challenge instanceof Uint8Array &&
    challenge.length >= MIN_CHALLENGE_BYTES &&
    challenge.length <= MAX_CHALLENGE_BYTES;
  if (isChallenge) return { kind: 'hello', message, challenge: plainBytes(challenge) };
  const what = `${MIN_CHALLENGE_BYTES} to ${MAX_CHALLENGE_BYTES} bytes`;
  throw new WaypostError('ERR_FRAME_MALFORMED', `a frame without a Partial IV is a hello, whose payload is ${what}`);
}

/** CoAP Content-Formats (IANA); left out, it is SenML in CBOR. */
const CONTENT = { cbor: 60, senmlJson: 110, senmlCbor: 112 } as const;

export type FrameContent =
  | { readonly kind: 'readings'; readonly format: SenmlFormat; readonly pack: Uint8Array }
  | { readonly kind: 'report'; readonly report: CommandReport };

/** Throws ERR_FRAME_MALFORMED, ERR_CBOR_MALFORMED. */
export function contentOf({ header, payload }: CoseMessage): FrameContent {
  switch (header.contentType) {
    case undefined:
    case CONTENT.senmlCbor:
      return { kind: 'readings', format: 'cbor', pack: payload };
    case CONTENT.senmlJson:
      return { kind: 'readings', format: 'json', pack: payload };
    case CONTENT.cbor:
      return { kind: 'report', report: readReport(decodeCbor(payload, 'a report')) };
    default:
      throw new WaypostError(
        'ERR_FRAME_MALFORMED',
        `the content type ${header.contentType} of a frame is not 60, 110 or 112`,
      );
  }
}

import type { ErrorCode, WaypostError } from '../core/errors.js';
import { encodeCbor } from './cbor.js';
import type { NumberedCommand } from './command.js';
import { encodeCose } from './cose.js';
import type { Grant } from './device-state.js';
import { externalAad, PURPOSE } from './frame.js';
import type { Prover } from './proof.js';
import { encodeNumber, type FrameNumber } from './sequence.js';

/*
 * What goes back to a device. All of it is proven with the key that it shares with the gateway, or signed: who could forge an
 * answer could make a device forget its readings.
 */

/**
 * What became of a frame.
 *
 * - `stored`: durable here. The device may forget it.
 * - `busy`: no room or no time. The device keeps it and sends it again, unchanged, after `retryAfterS`.
 * - `tooOld`, `closed`, `replayed`: it will never be taken under this number; see `sequence.ts`.
 * - `rejected`: authentic, and nothing that can be taken. Sending it again will not help.
 */
export const ANSWER = { stored: 0, busy: 1, tooOld: 2, closed: 3, replayed: 4, rejected: 5 } as const;

interface Addressee {
  readonly deviceId: string;
  readonly prover: Prover;
}

export interface Answer {
  readonly code: (typeof ANSWER)[keyof typeof ANSWER];
  /** Whole seconds. */
  readonly retryAfterS?: number;
  /** One command at a time: the next comes when the device has reported on it. */
  readonly command?: NumberedCommand | undefined;
}

/** The answer to the frame with this number; `nonce` is that of its epoch. */
export function encodeAnswer(to: Addressee, number: FrameNumber, nonce: Uint8Array, answer: Answer): Uint8Array {
  const { code, retryAfterS = 0, command } = answer;
  const payload: unknown[] = [PURPOSE.answer, code];
  if (retryAfterS > 0 || command !== undefined) payload.push(retryAfterS);
  if (command !== undefined) payload.push(command);
  return encode(to, payload, externalAad(PURPOSE.answer, nonce), encodeNumber(number));
}

/** `timeS`: seconds since 1970 UTC, where the gateway's clock is trusted. */
export function encodeGrant(
  to: Addressee,
  { epoch, nonce }: Grant,
  challenge: Uint8Array,
  timeS: number | undefined,
): Uint8Array {
  const payload = [PURPOSE.grant, epoch, nonce, ...(timeS === undefined ? [] : [timeS])];
  return encode(to, payload, externalAad(PURPOSE.grant, challenge));
}

/** A command outside of an answer; `nonce` is that of the epoch which the device is in. */
export function encodeCommand(to: Addressee, nonce: Uint8Array, command: NumberedCommand): Uint8Array {
  return encode(to, [PURPOSE.command, command], externalAad(PURPOSE.command, nonce));
}

function encode({ deviceId, prover }: Addressee, payload: unknown, aad: Uint8Array, partialIv?: Uint8Array) {
  const header = {
    algorithm: prover.algorithm,
    kid: deviceId,
    ...(partialIv === undefined ? {} : { partialIv }),
  };
  return encodeCose(header, encodeCbor(payload), aad, prover.prove);
}

const DEFAULT_RETRY_MS = 5000;

/** What the frame itself is at fault for. For all other reasons, a defect here among them, the device keeps its readings. */
const CODE_OF: { readonly [code in ErrorCode]?: Answer['code'] } = {
  ERR_FRAME_TOO_OLD: ANSWER.tooOld,
  ERR_FRAME_EPOCH: ANSWER.closed,
  ERR_FRAME_REPLAYED: ANSWER.replayed,
  ERR_FRAME_MALFORMED: ANSWER.rejected,
  ERR_CBOR_MALFORMED: ANSWER.rejected,
  ERR_JSON_MALFORMED: ANSWER.rejected,
  ERR_NOT_UTF8: ANSWER.rejected,
  ERR_TOO_LARGE: ANSWER.rejected,
  ERR_NOT_ALLOWED: ANSWER.rejected,
};

/** The answer to an authentic frame that was not taken. */
export function answerTo({ code, retryAfterMs = DEFAULT_RETRY_MS }: WaypostError): Answer {
  const final = CODE_OF[code];
  if (final !== undefined) return { code: final };
  return { code: ANSWER.busy, retryAfterS: Math.max(1, Math.ceil(retryAfterMs / 1000)) };
}

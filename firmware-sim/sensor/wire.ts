import { concatBytes } from '../../src/core/bytes.js';
import { isWaypostError } from '../../src/core/errors.js';
import { type Cbor, decodeCbor, encodeCbor } from './cbor.js';
import { type DeviceKey, LABEL, Seal } from './cose.js';

/*
 * The messages of docs/sensors.md.
 */

/** What a message is for. */
const PURPOSE = { frame: 0, hello: 1, answer: 2, grant: 3, command: 4 } as const;
const NO_NONCE = new Uint8Array();
/** The CoAP Content-Format of a report. */
const REPORT_FORMAT = 60;
const ARRAY_OF_TWO = Uint8Array.of(0x82);

/** Codes of an answer. */
export const CODE = { stored: 0, busy: 1, tooOld: 2, closed: 3, replayed: 4, rejected: 5 } as const;

export interface FrameNumber {
  readonly epoch: number;
  readonly counter: number;
}

/** A boot epoch; `nonce` is empty where the gateway did not grant it. */
export interface Epoch {
  readonly epoch: number;
  readonly nonce: Uint8Array;
}

export interface Command {
  readonly number: number;
  readonly what: number;
  readonly argument: number | undefined;
}

/** What a gateway says, proven. */
export type Downlink =
  | {
      readonly kind: 'answer';
      readonly number: FrameNumber;
      readonly code: number;
      readonly retryAfterS: number;
      readonly command: Command | undefined;
    }
  | { readonly kind: 'grant'; readonly epoch: Epoch; readonly timeS: number | undefined }
  | { readonly kind: 'command'; readonly command: Command };

/** What proofs from the gateway are made with, as far as the device knows it. */
interface Expected {
  nonceOf(epoch: number): Uint8Array;
  /** Of the hello that waits for its grant. */
  readonly challenge: Uint8Array | undefined;
  readonly current: Epoch | undefined;
}

/** The messages of one device. */
export class Wire {
  readonly #seal: Seal;

  constructor(id: string, key: DeviceKey) {
    this.#seal = new Seal(id, key);
  }

  /** `content`: a SenML pack in CBOR, or a report on a command. */
  frame({ epoch, nonce }: Epoch, counter: number, content: Uint8Array, kind: 'readings' | 'report'): Uint8Array {
    const parameters = new Map<number, Cbor>([
      [LABEL.partialIv, concatBytes(encodeCbor(epoch), encodeCbor(counter))],
      ...(kind === 'report' ? [[LABEL.contentType, REPORT_FORMAT] as const] : []),
    ]);
    return this.#seal.close(parameters, externalAad(PURPOSE.frame, nonce), content);
  }

  hello(challenge: Uint8Array): Uint8Array {
    return this.#seal.close(new Map(), externalAad(PURPOSE.hello, NO_NONCE), encodeCbor(challenge));
  }

  /** Undefined for what does not prove to be from the gateway and for this device. */
  read(bytes: Uint8Array, expected: Expected): Downlink | undefined {
    try {
      return this.#read(bytes, expected);
    } catch (error) {
      if (isWaypostError(error)) return undefined;
      throw error;
    }
  }

  #read(bytes: Uint8Array, expected: Expected): Downlink | undefined {
    const sealed = this.#seal.open(bytes);
    if (sealed === undefined || !Array.isArray(sealed.payload)) return undefined;
    const [purpose, ...rest] = sealed.payload as readonly Cbor[];
    if (purpose === PURPOSE.answer) {
      const number = sealed.partialIv && numberIn(sealed.partialIv);
      if (number === undefined || !sealed.isProven(externalAad(purpose, expected.nonceOf(number.epoch)))) {
        return undefined;
      }
      const [code, retryAfterS = 0, command] = rest;
      if (typeof code !== 'number' || typeof retryAfterS !== 'number') return undefined;
      return { kind: 'answer', number, code, retryAfterS, command: commandIn(command) };
    }
    if (purpose === PURPOSE.grant) {
      const { challenge } = expected;
      if (challenge === undefined || !sealed.isProven(externalAad(purpose, challenge))) return undefined;
      const [epoch, nonce, timeS] = rest;
      if (typeof epoch !== 'number' || !(nonce instanceof Uint8Array)) return undefined;
      return { kind: 'grant', epoch: { epoch, nonce }, timeS: typeof timeS === 'number' ? timeS : undefined };
    }
    if (purpose !== PURPOSE.command) return undefined;
    if (!sealed.isProven(externalAad(purpose, expected.current?.nonce ?? NO_NONCE))) return undefined;
    const command = commandIn(rest[0]);
    return command && { kind: 'command', command };
  }
}

/** The payload of a report on a command. */
export function report(number: number, status: number): Uint8Array {
  return encodeCbor([number, status]);
}

/** An epoch that a device counts by itself. */
export function ownEpoch(epoch: number): Epoch {
  return { epoch, nonce: NO_NONCE };
}

function externalAad(purpose: number, nonce: Uint8Array): Uint8Array {
  return encodeCbor(['waypost-sensor', purpose, nonce]);
}

function numberIn(partialIv: Uint8Array): FrameNumber | undefined {
  const numbers = decodeCbor(concatBytes(ARRAY_OF_TWO, partialIv));
  const [epoch, counter] = numbers as readonly Cbor[];
  return typeof epoch === 'number' && typeof counter === 'number' ? { epoch, counter } : undefined;
}

function commandIn(value: Cbor | undefined): Command | undefined {
  const [number, what, argument] = Array.isArray(value) ? (value as readonly Cbor[]) : [];
  if (typeof number !== 'number' || typeof what !== 'number') return undefined;
  return { number, what, argument: typeof argument === 'number' ? argument : undefined };
}

import { OctetReader, uint, varint } from './octets.js';

/* The frames of link.md, "Frames", in the words of that page. */

export interface Hello {
  readonly type: 'hello';
  readonly version: number;
  readonly wantsAnswer: boolean;
  readonly nonce: number;
  readonly echo: number;
  readonly longestFrame: number;
  readonly longestMessage: number;
  readonly credit: number;
  readonly features: number;
  readonly stationId: Uint8Array;
}

export interface Data {
  readonly type: 'data';
  readonly slot: number;
  /** The low byte or bytes of the packet number, and what they are modulo of. */
  readonly packet: { readonly low: number; readonly modulo: 256 | 65536 };
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export interface Ack {
  readonly type: 'ack';
  readonly largest: number;
  readonly bitmap: Uint8Array;
}

export interface Offer {
  readonly type: 'offer';
  readonly session: number;
  readonly transfer: number;
  readonly round: number;
  readonly form: number;
  readonly length: number;
  readonly crc: number;
  readonly hash: Uint8Array;
}

/** Bytes of a message, the last one not included. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export interface Have {
  readonly type: 'have';
  readonly session: number;
  readonly transfer: number;
  readonly round: number;
  readonly from: number;
  readonly to: number;
  readonly held: readonly Range[];
}

export interface VerdictFrame {
  readonly type: 'verdict';
  readonly session: number;
  readonly transfer: number;
  readonly result: number;
  /** Seconds. */
  readonly retryAfter: number;
  readonly credit: number;
}

export type Frame =
  | Hello
  | Data
  | Ack
  | Offer
  | Have
  | VerdictFrame
  | { readonly type: 'done'; readonly session: number; readonly transfer: number }
  | { readonly type: 'ping'; readonly session: number }
  | { readonly type: 'pong'; readonly session: number; readonly credit: number }
  | { readonly type: 'goodbye'; readonly session: number; readonly isAnswer: boolean };

const CODE = { hello: 1, ack: 2, offer: 3, have: 4, verdict: 5, done: 6, ping: 7, pong: 8, goodbye: 9 } as const;
const STATION_ID_BYTES = 16;
const HASH_BYTES = 32;

export function writeFrame(frame: Frame): Uint8Array {
  if (frame.type === 'data') {
    const { slot, packet, offset, bytes } = frame;
    const two = packet.modulo === 65536;
    const header = [0x80 + (two ? 0x40 : 0) + slot, ...uint(packet.low, two ? 2 : 1), ...varint(offset)];
    return Buffer.concat([Uint8Array.from(header), bytes]);
  }
  return Uint8Array.from([CODE[frame.type], ...fieldsOf(frame)]);
}

function fieldsOf(frame: Exclude<Frame, Data>): number[] {
  switch (frame.type) {
    case 'hello': {
      const { version, wantsAnswer, nonce, echo, longestFrame, longestMessage, credit, features, stationId } = frame;
      const limits = [longestFrame, longestMessage, credit, features].flatMap(varint);
      return [version, wantsAnswer ? 1 : 0, ...uint(nonce, 4), ...uint(echo, 4), ...limits, ...stationId];
    }
    case 'ack':
      return [...uint(frame.largest, 2), ...frame.bitmap];
    case 'offer': {
      const { session, transfer, round, form, length, crc, hash } = frame;
      return [...uint(session, 4), ...varint(transfer), round, form, ...varint(length), ...uint(crc, 4), ...hash];
    }
    case 'have': {
      const { session, transfer, round, from, to, held } = frame;
      const ranges = held.flatMap(({ start, end }, index) => {
        return [...varint(start - (held[index - 1]?.end ?? from)), ...varint(end - start)];
      });
      return [...uint(session, 4), ...varint(transfer), round, ...varint(from), ...varint(to - from), ...ranges];
    }
    case 'verdict': {
      const { session, transfer, result, retryAfter, credit } = frame;
      return [...uint(session, 4), ...varint(transfer), result, ...varint(retryAfter), ...varint(credit)];
    }
    case 'done':
      return [...uint(frame.session, 4), ...varint(frame.transfer)];
    case 'ping':
      return uint(frame.session, 4);
    case 'pong':
      return [...uint(frame.session, 4), ...varint(frame.credit)];
    case 'goodbye':
      return [...uint(frame.session, 4), frame.isAnswer ? 1 : 0];
  }
}

/** Undefined for what is no frame, or of an unknown type: it is to be ignored. */
export function readFrame(octets: Uint8Array): Frame | undefined {
  try {
    const reader = new OctetReader(octets);
    const code = reader.uint(1);
    const frame = code >= 0x80 ? readData(code, reader) : readOther(code, reader);
    return frame?.type === 'hello' || reader.left === 0 ? frame : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function readData(code: number, reader: OctetReader): Data | undefined {
  const modulo = (code & 0x40) === 0 ? 256 : 65536;
  const packet = { low: reader.uint(modulo === 256 ? 1 : 2), modulo } as const;
  const offset = reader.varint();
  const bytes = reader.rest();
  return bytes.length === 0 ? undefined : { type: 'data', slot: code % 64, packet, offset, bytes };
}

function readOther(code: number, reader: OctetReader): Frame | undefined {
  const session = () => reader.uint(4);
  const transfer = () => ({ session: session(), transfer: reader.varint() });
  switch (code) {
    case CODE.hello:
      return {
        type: 'hello',
        version: reader.uint(1),
        wantsAnswer: reader.uint(1) === 1,
        nonce: reader.uint(4),
        echo: reader.uint(4),
        longestFrame: reader.varint(),
        longestMessage: reader.varint(),
        credit: reader.varint(),
        features: reader.varint(),
        stationId: reader.take(STATION_ID_BYTES),
      };
    case CODE.ack:
      return { type: 'ack', largest: reader.uint(2), bitmap: reader.rest() };
    case CODE.offer: {
      const about = { ...transfer(), round: reader.uint(1), form: reader.uint(1), length: reader.varint() };
      return { type: 'offer', ...about, crc: reader.uint(4), hash: reader.take(HASH_BYTES) };
    }
    case CODE.have: {
      const about = { ...transfer(), round: reader.uint(1) };
      const from = reader.varint();
      const to = from + reader.varint();
      return { type: 'have', ...about, from, to, held: readRanges(reader, from) };
    }
    case CODE.verdict: {
      const about = { ...transfer(), result: reader.uint(1), retryAfter: reader.varint() };
      return { type: 'verdict', ...about, credit: reader.varint() };
    }
    case CODE.done:
      return { type: 'done', ...transfer() };
    case CODE.ping:
      return { type: 'ping', session: session() };
    case CODE.pong:
      return { type: 'pong', session: session(), credit: reader.varint() };
    case CODE.goodbye:
      return { type: 'goodbye', session: session(), isAnswer: reader.uint(1) === 1 };
    default:
      return undefined;
  }
}

function readRanges(reader: OctetReader, from: number): Range[] {
  const ranges: Range[] = [];
  while (reader.left > 0) {
    const start = (ranges.at(-1)?.end ?? from) + reader.varint();
    ranges.push({ start, end: start + reader.varint() });
  }
  return ranges;
}

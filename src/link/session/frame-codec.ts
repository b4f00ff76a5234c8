import { CONTENT_HASH_BYTES } from '../partial-store.js';
import type { ByteRange } from '../ranges.js';
import { FrameReader, FrameWriter, NotAFrame, varintLength } from './bytes.js';
import {
  type DataFrame,
  type Frame,
  type HaveFrame,
  type HelloFrame,
  MAX_FRAME_BYTES,
  MAX_TRANSFERS,
  MIN_FRAME_BYTES,
  STATION_ID_BYTES,
} from './frames.js';

/* Frames as bytes and back. Pure: whether a frame makes sense now is the session's business. */

const TYPES = { hello: 1, ack: 2, offer: 3, have: 4, verdict: 5, done: 6, ping: 7, pong: 8, goodbye: 9 } as const;

const DATA = 0x80;
const TWO_PACKET_BYTES = 0x40;
const MAX_BITMAP_BYTES = 48;

/** How long a data frame is without its bytes. */
export function dataHeaderBytes(offset: number, packetBytes: 1 | 2): number {
  return 1 + packetBytes + varintLength(offset);
}

/** The bytes of a frame; each is as short as it can be. A `have` must fit (see {@link haveFrames}). */
export function encodeFrame(frame: Frame): Uint8Array {
  switch (frame.kind) {
    case 'data':
      return encodeData(frame);
    case 'hello':
      return encodeHello(frame);
    case 'ack':
      return begin('ack', 3 + frame.bitmap.length)
        .uint(frame.largest, 2)
        .raw(frame.bitmap)
        .done();
    case 'offer':
      return begin('offer', MIN_FRAME_BYTES)
        .uint(frame.session, 4)
        .varint(frame.transfer)
        .uint(frame.round, 1)
        .uint(frame.form, 1)
        .varint(frame.lengthBytes)
        .uint(frame.crc, 4)
        .raw(frame.hash)
        .done();
    case 'have':
      return encodeHave(frame);
    case 'verdict':
      return begin('verdict', MIN_FRAME_BYTES)
        .uint(frame.session, 4)
        .varint(frame.transfer)
        .uint(frame.result, 1)
        .varint(frame.retryAfterSeconds)
        .varint(frame.creditBytes)
        .done();
    case 'done':
      return begin('done', MIN_FRAME_BYTES).uint(frame.session, 4).varint(frame.transfer).done();
    case 'ping':
      return begin('ping', 5).uint(frame.session, 4).done();
    case 'pong':
      return begin('pong', MIN_FRAME_BYTES).uint(frame.session, 4).varint(frame.creditBytes).done();
    case 'goodbye':
      return begin('goodbye', 6)
        .uint(frame.session, 4)
        .uint(frame.isAnswer ? 1 : 0, 1)
        .done();
  }
}

/** The frame that `bytes` are; undefined when they are none, or one of a kind that this version does not know. */
export function decodeFrame(bytes: Uint8Array): Frame | undefined {
  if (bytes.length > MAX_FRAME_BYTES) return undefined;
  try {
    return readFrame(new FrameReader(bytes));
  } catch (error) {
    if (error instanceof NotAFrame) return undefined;
    throw error;
  }
}

/**
 * Says what is held of a message in as many frames as it takes. Together they cover it all, so that the peer knows when
 * it has heard everything; each has at most `limitBytes`.
 */
export function haveFrames(
  about: Pick<HaveFrame, 'session' | 'transfer' | 'round'>,
  lengthBytes: number,
  held: Iterable<ByteRange>,
  limitBytes: number,
): HaveFrame[] {
  const frames: HaveFrame[] = [];
  let from = 0;
  let page: ByteRange[] = [];
  // Room for a range is reckoned at its worst, so that the position of the page's end never makes a frame too long.
  const perRange = 2 * varintLength(lengthBytes);
  const limitRanges = Math.max(1, Math.floor((limitBytes - HAVE_HEADER_BYTES) / perRange));
  for (const range of held) {
    if (page.length === limitRanges) {
      frames.push({ kind: 'have', ...about, from, to: range.start, held: page });
      from = range.start;
      page = [];
    }
    page.push(range);
  }
  frames.push({ kind: 'have', ...about, from, to: lengthBytes, held: page });
  return frames;
}

/** Type, session, transfer (five bytes), round, and two positions in a message of less than 2^28 bytes. */
const HAVE_HEADER_BYTES = 1 + 4 + 5 + 1 + 4 + 4;

function begin(kind: keyof typeof TYPES, limitBytes: number): FrameWriter {
  return new FrameWriter(limitBytes).uint(TYPES[kind], 1);
}

function encodeData({ slot, packet, offset, bytes }: DataFrame): Uint8Array {
  return new FrameWriter(dataHeaderBytes(offset, packet.bytes) + bytes.length)
    .uint(DATA | (packet.bytes === 2 ? TWO_PACKET_BYTES : 0) | slot, 1)
    .uint(packet.low, packet.bytes)
    .varint(offset)
    .raw(bytes)
    .done();
}

function encodeHello(frame: HelloFrame): Uint8Array {
  return begin('hello', MIN_FRAME_BYTES)
    .uint(frame.version, 1)
    .uint(frame.wantsAnswer ? 1 : 0, 1)
    .uint(frame.nonce, 4)
    .uint(frame.echo, 4)
    .varint(frame.limits.frameBytes)
    .varint(frame.limits.maxMessageBytes)
    .varint(frame.limits.creditBytes)
    .varint(frame.features)
    .raw(frame.stationId)
    .done();
}

function encodeHave(frame: HaveFrame): Uint8Array {
  const writer = begin('have', MAX_FRAME_BYTES)
    .uint(frame.session, 4)
    .varint(frame.transfer)
    .uint(frame.round, 1)
    .varint(frame.from)
    .varint(frame.to - frame.from);
  let position = frame.from;
  for (const { start, end } of frame.held) {
    writer.varint(start - position).varint(end - start);
    position = end;
  }
  return writer.done();
}

function readFrame(reader: FrameReader): Frame {
  const type = reader.uint(1);
  if (type >= DATA) return readData(reader, type);
  const frame = readControl(reader, type);
  // A later version may add fields to the frame that versions are agreed on with, and to no other.
  if (frame.kind !== 'hello') reader.end();
  return frame;
}

function readData(reader: FrameReader, type: number): DataFrame {
  const packetBytes = (type & TWO_PACKET_BYTES) === 0 ? 1 : 2;
  const packet = { low: reader.uint(packetBytes), bytes: packetBytes } as const;
  const offset = reader.varint();
  if (reader.remaining === 0) throw new NotAFrame('data without any bytes');
  return { kind: 'data', slot: type % MAX_TRANSFERS, packet, offset, bytes: reader.raw(reader.remaining) };
}

function readControl(reader: FrameReader, type: number): Frame {
  switch (type) {
    case TYPES.hello:
      return readHello(reader);
    case TYPES.ack: {
      const largest = reader.uint(2);
      if (reader.remaining > MAX_BITMAP_BYTES) throw new NotAFrame('a bitmap that is too long');
      return { kind: 'ack', largest, bitmap: reader.raw(reader.remaining) };
    }
    case TYPES.offer: {
      const transfer = readTransfer(reader);
      const round = reader.uint(1);
      const form = reader.uint(1);
      const lengthBytes = reader.varint();
      const crc = reader.uint(4);
      return { kind: 'offer', ...transfer, round, form, lengthBytes, crc, hash: reader.raw(CONTENT_HASH_BYTES) };
    }
    case TYPES.have:
      return readHave(reader);
    case TYPES.verdict: {
      const transfer = readTransfer(reader);
      const result = reader.uint(1);
      const retryAfterSeconds = reader.varint();
      return { kind: 'verdict', ...transfer, result, retryAfterSeconds, creditBytes: reader.varint() };
    }
    case TYPES.done:
      return { kind: 'done', ...readTransfer(reader) };
    case TYPES.ping:
      return { kind: 'ping', session: reader.uint(4) };
    case TYPES.pong:
      return { kind: 'pong', session: reader.uint(4), creditBytes: reader.varint() };
    case TYPES.goodbye:
      return { kind: 'goodbye', session: reader.uint(4), isAnswer: readFlag(reader) };
    default:
      throw new NotAFrame('a frame of an unknown kind');
  }
}

function readHello(reader: FrameReader): HelloFrame {
  const version = reader.uint(1);
  const wantsAnswer = readFlag(reader);
  const nonce = reader.uint(4);
  const echo = reader.uint(4);
  const frameBytes = reader.varint();
  if (version === 0 || nonce === 0) throw new NotAFrame('a hello with a version or nonce of 0');
  if (frameBytes < MIN_FRAME_BYTES || frameBytes > MAX_FRAME_BYTES) throw new NotAFrame('a frame size out of bounds');
  const limits = { frameBytes, maxMessageBytes: reader.varint(), creditBytes: reader.varint() };
  const features = reader.varint();
  const stationId = reader.raw(STATION_ID_BYTES);
  return { kind: 'hello', version, wantsAnswer, nonce, echo, limits, features, stationId };
}

function readHave(reader: FrameReader): HaveFrame {
  const transfer = readTransfer(reader);
  const round = reader.uint(1);
  const from = reader.varint();
  const to = from + reader.varint();
  const held: ByteRange[] = [];
  let position = from;
  while (reader.remaining > 0) {
    const start = position + reader.varint();
    position = start + reader.varint();
    if (position === start || position > to) throw new NotAFrame('ranges that are empty or out of bounds');
    if (held.length > 0 && start === held.at(-1)?.end) throw new NotAFrame('ranges that touch');
    held.push({ start, end: position });
  }
  return { kind: 'have', ...transfer, round, from, to, held };
}

function readTransfer(reader: FrameReader): { session: number; transfer: number } {
  return { session: reader.uint(4), transfer: reader.varint() };
}

/** A flag is 0 or 1: its other bits may come to mean something that this version must not overlook. */
function readFlag(reader: FrameReader): boolean {
  const flag = reader.uint(1);
  if (flag > 1) throw new NotAFrame('a flag that is neither 0 nor 1');
  return flag === 1;
}

import { brotliCompressSync, crc32 } from 'node:zlib';
import { SlipDecoder, SlipEncoder } from 'serialport';
import { utf8 } from '../../../src/core/bytes.js';
import { compactEnvelope } from '../../../src/link/compact/compact.js';
import { crc32c } from '../../../src/link/crc32c.js';
import { parityFraming, plainFraming } from '../../../src/link/framing.js';
import { randomFrom } from '../../crash/random.js';
import { sampleEnvelopes } from '../../support/sample-envelopes.js';
import { type Effort, measureInTurns, median, type Subject } from '../measure.js';
import type { Bar, BenchReport, Measurement } from '../report.js';

/*
 * What the codecs of a line cost, beside the SLIP of `serialport` and the CRC-32 of zlib; and how short envelopes become.
 */

const BENCH = 'link';
const RATE_UNIT = 'MB/CPU-s';
const RATIO_UNIT = 'of the JSON bytes';
const EFFORT: Effort = { rounds: 7, warmUpRounds: 3, sliceMs: 60 };

/** About what a clean serial line settles at, and what one without parity does when it is noisy. */
const FRAME_BYTES = [1000, 107] as const;
const BAR_FRAME_BYTES = 1000;
const MIN_RATE = 100;

const PLAIN = 'COBS and CRC-32C';
const PARITY = 'parity and CRC-32C';
const SLIP = 'SLIP of serialport';

/** The most that a compact envelope may have of the bytes of its JSON. */
const MAX_RATIO = { authcrypt: 0.56, forward: 0.69 } as const;

/** Measures in about 20 seconds. */
export async function benchCodecs(): Promise<BenchReport> {
  const parts: BenchReport[] = [];
  for (const bytes of FRAME_BYTES) parts.push(await benchFrames(bytes));
  parts.push(await benchEnvelopes());
  return {
    measurements: parts.flatMap(({ measurements }) => measurements),
    bars: parts.flatMap(({ bars }) => bars),
  };
}

async function benchFrames(frameBytes: number): Promise<BenchReport> {
  const random = randomFrom(frameBytes);
  const frame = Uint8Array.from({ length: frameBytes }, () => 256 * random());
  const measurements: Measurement[] = [];
  const bars: Bar[] = [];
  for (const [step, subjects] of [
    ['check', checkSubjects(frame)],
    ['encode', encodeSubjects(frame)],
    ['decode', decodeSubjects(frame)],
  ] as const) {
    const name = `frames of ${frameBytes} B: ${step}`;
    for (const [subject, perSecond] of await measureInTurns(subjects, EFFORT)) {
      const value = round((median(perSecond) * frameBytes) / 1e6, 1);
      measurements.push({ bench: BENCH, case: name, subject, value, unit: RATE_UNIT });
      if (subject === PLAIN && frameBytes === BAR_FRAME_BYTES) {
        const bar = `${PLAIN}, ${name}, in ${RATE_UNIT}`;
        bars.push({ bench: BENCH, bar, value, limit: MIN_RATE, holds: value >= MIN_RATE });
      }
    }
  }
  return { measurements, bars };
}

function checkSubjects(frame: Uint8Array): Subject[] {
  return [
    { name: 'CRC-32C', operation: () => crc32c(frame) },
    { name: 'CRC-32 of zlib (native)', operation: () => crc32(frame) },
  ];
}

function encodeSubjects(frame: Uint8Array): Subject[] {
  const plain = plainFraming({ maxFrameBytes: frame.length });
  const parity = parityFraming({ maxFrameBytes: frame.length });
  return [
    { name: PLAIN, operation: () => plain.encode(frame) },
    { name: PARITY, operation: () => parity.encode(frame) },
    { name: SLIP, operation: through(new SlipEncoder(), frame) },
  ];
}

function decodeSubjects(frame: Uint8Array): Subject[] {
  const framings = [plainFraming, parityFraming].map((create) => create({ maxFrameBytes: frame.length }));
  const [plain, parity] = framings.map((framing) => {
    const decoder = framing.decoder();
    const wire = framing.encode(frame);
    return () => decoder.push(wire);
  });
  const noisy = framings[1]?.encode(frame) ?? frame;
  for (let i = 10; i < noisy.length - 1; i += 101) noisy[i] = 1;
  const noisyDecoder = framings[1]?.decoder();
  const slip = new SlipEncoder();
  slip.write(frame);
  return [
    { name: PLAIN, operation: () => plain?.() },
    { name: PARITY, operation: () => parity?.() },
    { name: `${PARITY}, 1 % wrong`, operation: () => noisyDecoder?.push(noisy) },
    { name: SLIP, operation: through(new SlipDecoder(), slip.read()) },
  ];
}

/** Streams answer at once as long as what they give is taken. */
function through(stream: SlipEncoder | SlipDecoder, bytes: Uint8Array): () => unknown {
  return () => {
    stream.write(bytes);
    return stream.read();
  };
}

async function benchEnvelopes(): Promise<BenchReport> {
  const measurements: Measurement[] = [];
  const bars: Bar[] = [];
  for (const { dids, kind, packed } of await sampleEnvelopes()) {
    const json = utf8(packed);
    const compact = compactEnvelope(json) ?? json;
    const value = round(compact.length / json.length, 3);
    const name = `${kind} of ${json.length} B, ${dids}`;
    measurements.push({ bench: BENCH, case: name, subject: 'compact envelope', value, unit: RATIO_UNIT });
    const brotli = round(brotliCompressSync(json).length / json.length, 3);
    measurements.push({ bench: BENCH, case: name, subject: 'brotli', value: brotli, unit: RATIO_UNIT });
    if (dids.endsWith('service') || (kind !== 'authcrypt' && kind !== 'forward')) continue;
    const limit = MAX_RATIO[kind];
    bars.push({ bench: BENCH, bar: `${name}: ${RATIO_UNIT}`, value, limit, relation: '<=', holds: value <= limit });
  }
  return { measurements, bars };
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}

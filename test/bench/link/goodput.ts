import { LineModel } from '../../../firmware-sim/line-model.js';
import { type LineFraming, parityFraming, plainFraming } from '../../../src/link/framing.js';
import { randomFrom } from '../../crash/random.js';
import { type Carrier, connect, SimulatedStation, Timeline } from '../../support/link-simulation.js';
import type { Bar, BenchReport, Measurement } from '../report.js';

/*
 * How much of a serial line's rate arrives as messages: 8N1, errors in both directions, 16 ms of latency each way as of
 * an adapter, messages of 64 KiB, one after the other. Frames, sessions, acknowledgements and what they learn of the line
 * are the real ones; only the time and the line are simulated. The time ends when the last message is known to be accepted.
 */

const BENCH = 'link';
const UNIT = 'goodput / line rate';
const BAUD_RATES = [9600, 19_200, 57_600, 115_200, 230_400, 460_800, 921_600] as const;
/** A byte of eight bits with a start bit and a stop bit. */
const BITS_PER_BYTE = 10;
const LATENCY_MS = 16;
const MESSAGE_BYTES = 64 * 1024;
const MESSAGES = 16;
const MTU_BYTES = 1024;
const SEED = 20_260_101;

const SUBJECTS = [
  { name: 'clean', byteErrorRate: 0, isParity: false, limit: 0.95 },
  { name: '0.1 % errors', byteErrorRate: 0.001, isParity: false, limit: 0.77 },
  { name: '0.1 % errors, parity', byteErrorRate: 0.001, isParity: true, limit: 0.88 },
] as const;

/** One number for each rate and kind of line, and the worst of each kind as a bar. Takes some seconds. */
export function measureGoodput(): BenchReport {
  const measurements: Measurement[] = [];
  const bars: Bar[] = [];
  for (const { name, byteErrorRate, isParity, limit } of SUBJECTS) {
    const framing = (isParity ? parityFraming : plainFraming)({ maxFrameBytes: MTU_BYTES });
    const values = BAUD_RATES.map((baud) => goodputOf({ baud, byteErrorRate, framing }));
    for (const [i, baud] of BAUD_RATES.entries()) {
      measurements.push({ bench: BENCH, case: `${baud} baud`, subject: name, value: values[i] ?? 0, unit: UNIT });
    }
    const value = Math.min(...values);
    bars.push({ bench: BENCH, bar: `worst goodput / line rate: ${name}`, value, limit, holds: value >= limit });
  }
  return { measurements, bars };
}

interface Line {
  readonly baud: number;
  readonly byteErrorRate: number;
  readonly framing: LineFraming;
}

function goodputOf({ baud, byteErrorRate, framing }: Line): number {
  const random = randomFrom(SEED);
  const timeline = new Timeline();
  const bytesPerSecond = baud / BITS_PER_BYTE;
  const direction = (): Carrier => {
    const line = new LineModel({ bytesPerSecond, latencyMs: LATENCY_MS, byteErrorRate, random });
    const decoder = framing.decoder();
    return (frame, nowMs, deliver) => {
      const { bytes, freeAtMs, arrivesAtMs } = line.transmit(framing.encode(frame), nowMs);
      for (const arrived of decoder.push(bytes)) deliver(arrived, arrivesAtMs);
      return freeAtMs;
    };
  };
  // What a driver of serial ports says of its line.
  const medium = {
    mtuBytes: MTU_BYTES,
    frameOverheadBytes: framing.overheadBytes(128),
    bytesPerSecond,
    latencyMs: LATENCY_MS,
  };
  const sender = new SimulatedStation({ timeline, carrier: direction(), medium, nonce: 1, isActive: true });
  const receiver = new SimulatedStation({ timeline, carrier: direction(), medium, nonce: 2, isActive: false });
  connect(sender, receiver);
  timeline.runUntil(() => sender.isEstablished, 60_000);

  const beganAtMs = timeline.nowMs;
  for (let id = 0; id < MESSAGES; id++) {
    sender.send(
      id,
      Uint8Array.from({ length: MESSAGE_BYTES }, () => Math.floor(random() * 256)),
    );
  }
  timeline.runUntil(() => sender.verdicts.size === MESSAGES, beganAtMs + 24 * 60 * 60_000);
  if (receiver.received.length !== MESSAGES) throw new Error(`only ${receiver.received.length} messages arrived`);
  return (MESSAGES * MESSAGE_BYTES) / ((timeline.nowMs - beganAtMs) / 1000) / bytesPerSecond;
}

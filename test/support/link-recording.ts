import { toHex } from '../../src/core/bytes.js';
import { type Carrier, SimulatedStation, TEST_LIMITS, Timeline } from './link-simulation.js';

/** A frame that was said in a session. */
export interface SaidFrame {
  readonly from: 'initiator' | 'listener';
  readonly atMs: number;
  readonly hex: string;
  /** Said in vain. */
  readonly lost?: true;
}

const MEDIUM = { mtuBytes: 128, frameOverheadBytes: 6, bytesPerSecond: 10_000, latencyMs: 9 };
const LIMITS = { ...TEST_LIMITS, maxMessageBytes: 65_536, creditBytes: 131_072 };

/**
 * Writes down a whole session of an initiator that sends `messages` and then says goodbye. `lost` are the numbers of
 * frames, from 0, that do not arrive. The same each time.
 */
export function recordSession(messages: readonly Uint8Array[], lost: readonly number[]): SaidFrame[] {
  const timeline = new Timeline();
  const said: SaidFrame[] = [];
  const carrierOf = (from: SaidFrame['from']): Carrier => {
    return (frame, nowMs, deliver) => {
      const isLost = lost.includes(said.length);
      said.push({ from, atMs: nowMs, hex: toHex(frame), ...(isLost && { lost: true }) });
      if (!isLost) deliver(frame, nowMs + 10);
      return nowMs + 1;
    };
  };
  const stationOf = (from: SaidFrame['from'], nonce: number) =>
    new SimulatedStation({
      timeline,
      carrier: carrierOf(from),
      medium: MEDIUM,
      nonce,
      isActive: from === 'initiator',
      limits: LIMITS,
    });
  const [initiator, listener] = [stationOf('initiator', 0x1111_1111), stationOf('listener', 0x2222_2222)];
  initiator.peer = listener;
  listener.peer = initiator;
  for (const [id, bytes] of messages.entries()) initiator.send(id, bytes);
  listener.pump();
  timeline.runUntil(() => initiator.verdicts.size === messages.length, 60_000);
  timeline.runUntil(() => false, timeline.nowMs + 500);
  initiator.session.close(timeline.nowMs);
  initiator.pump();
  timeline.runUntil(() => initiator.end !== undefined && listener.end !== undefined, timeline.nowMs + 5000);
  return said;
}

import { expect, test } from 'vitest';
import { Session } from '../../../src/link/session/session.js';
import { primitives } from '../../support/station.js';

const LIMITS = { maxMessageBytes: 1000, creditBytes: 1000, keepaliveMs: 15_000, deadAfterMs: 45_000, stallMs: 600_000 };

function session(nonce: number, isActive: boolean): Session {
  const ignore = () => {};
  const handler = {
    onEstablished: ignore,
    onOffer: ignore,
    onMessage: ignore,
    onOver: ignore,
    onUnconfirmed: ignore,
    onVerdict: ignore,
    onEnd: ignore,
  };
  const medium = { mtuBytes: 100, frameOverheadBytes: 0, bytesPerSecond: 1000, latencyMs: 10 };
  const stationId = new Uint8Array(16);
  const { sha256 } = primitives;
  return new Session({ nonce, stationId, features: 0, medium, limits: LIMITS, sha256, isActive, handler }, 0);
}

/** All that one has to say now reaches the other. */
function talk(from: Session, to: Session, nowMs: number): void {
  for (let frame = from.nextFrame(nowMs); frame !== undefined; frame = from.nextFrame(nowMs)) to.receive(frame, nowMs);
}

test('whoever says goodbye when a ping is due waits for a moment that is to come', () => {
  const [near, far] = [session(1, true), session(2, false)];
  const started = near.timeoutAtMs;
  for (let round = 0; round < 3; round++) {
    talk(near, far, started);
    talk(far, near, started);
  }
  const dueMs = started + LIMITS.keepaliveMs + 1;
  near.close(dueMs);
  for (let frames = 0; near.nextFrame(dueMs) !== undefined; frames++) expect(frames).toBeLessThan(5);
  expect(near.isEnded).toBe(false); // nobody has answered
  expect(near.timeoutAtMs).toBeGreaterThan(dueMs);
});

import { describe, expect, it } from 'vitest';
import { crc32c } from '../../../src/link/crc32c.js';
import { decodeFrame, encodeFrame } from '../../../src/link/session/frame-codec.js';
import { type Frame, MAX_TRANSFERS, RESULTS } from '../../../src/link/session/frames.js';
import type { SessionHandler, SessionLimits } from '../../../src/link/session/session.js';
import { randomMessage } from '../../support/link-host.js';
import { SimulatedStation, sha256, TEST_LIMITS, Timeline } from '../../support/link-simulation.js';

/** A station, and a peer whose every frame a test decides about. */
function withPuppet(options: { limits?: Partial<SessionLimits>; handler?: Partial<SessionHandler> } = {}) {
  const timeline = new Timeline();
  const heard: Frame[] = [];
  const station = new SimulatedStation({
    timeline,
    nonce: 0x0101_0101,
    isActive: false,
    medium: { mtuBytes: 512, frameOverheadBytes: 6, bytesPerSecond: undefined, latencyMs: undefined },
    limits: { ...TEST_LIMITS, ...options.limits },
    ...(options.handler && { handler: options.handler }),
    carrier: (bytes, nowMs) => {
      const frame = decodeFrame(bytes);
      if (frame !== undefined) heard.push(frame);
      return nowMs + 0.1;
    },
  });
  const session = (0x0101_0101 ^ 0x7777) >>> 0;
  const say = (frame: Frame) => station.hear(encodeFrame(frame));
  const hello = (creditBytes: number, echo: number) =>
    say({
      kind: 'hello',
      version: 1,
      wantsAnswer: false,
      nonce: 0x7777,
      echo,
      limits: { frameBytes: 512, maxMessageBytes: 2 ** 40, creditBytes },
      features: 0xff,
      stationId: new Uint8Array(16),
    });
  hello(2 ** 40, 0x0101_0101);
  const pass = (ms: number) => timeline.runUntil(() => false, timeline.nowMs + ms);
  const offer = (transfer: number, bytes: Uint8Array, lengthBytes = bytes.length) =>
    say({ kind: 'offer', session, transfer, round: 0, form: 0, lengthBytes, crc: crc32c(bytes), hash: sha256(bytes) });
  const verdicts = () => heard.flatMap((frame) => (frame.kind === 'verdict' ? [[frame.transfer, frame.result]] : []));
  return { station, session, heard, say, pass, offer, verdicts };
}

describe('a hostile peer', () => {
  it('cannot offer more than its credit, nor a message that is too long', () => {
    const admitted: number[] = [];
    const handler: Partial<SessionHandler> = { onOffer: ({ transfer }) => void admitted.push(transfer) };
    const { offer, verdicts, pass } = withPuppet({ limits: { maxMessageBytes: 1000, creditBytes: 2500 }, handler });
    for (const [transfer, length] of [[0, 1000], [1, 2 ** 48], [2, 1001]] as const) offer(transfer, new Uint8Array(1), length); // biome-ignore format: one line
    pass(10);
    expect(admitted).toEqual([0]);
    expect(new Map(verdicts() as [number, number][])).toEqual(new Map([[1, RESULTS.tooLarge], [2, RESULTS.tooLarge]])); // biome-ignore format: one line
  });

  it('gets no further with a flood of offers', () => {
    let admitted = 0;
    const { offer, pass, verdicts } = withPuppet({
      limits: { maxMessageBytes: 1000, creditBytes: 10_000 },
      handler: { onOffer: () => void admitted++ },
    });
    for (let transfer = 0; transfer < MAX_TRANSFERS; transfer++) offer(transfer, new Uint8Array(1), 1000);
    pass(100);
    expect(admitted).toBe(10);
    const refused = verdicts().filter(([, result]) => result === RESULTS.noRoom);
    expect(new Set(refused.map(([transfer]) => transfer)).size).toBe(MAX_TRANSFERS - 10);
  });

  it('cannot pass off other bytes: the message is asked for again, then refused', () => {
    const { station, session, offer, say, verdicts, pass, heard } = withPuppet();
    const { bytes } = randomMessage(3000, 1);
    offer(0, bytes);
    let packet = 0;
    const data = (offset: number, piece: Uint8Array) =>
      say({ kind: 'data', slot: 0, packet: { low: packet++, bytes: 1 }, offset, bytes: piece });
    for (let again = 0; again < 2; again++) {
      expect(verdicts()).toEqual([]);
      for (let offset = 0; offset < 3000; offset += 500) data(offset, new Uint8Array(500).fill(again));
    }
    pass(10);
    expect(verdicts()).toEqual([[0, RESULTS.damaged]]);
    expect(station.received).toEqual([]);
    expect(station.session.counters.damagedMessages).toBe(2);
    say({ kind: 'done', session, transfer: 0 });
    offer(1, bytes);
    for (let offset = 0; offset < 3000; offset += 500) say({ kind: 'data', slot: 1, packet: { low: packet++, bytes: 1 }, offset, bytes: bytes.subarray(offset, offset + 500) }); // biome-ignore format: one line
    pass(100);
    expect(station.received).toEqual([bytes]);
    expect(heard.at(-1)).toBeDefined();
  });

  it('cannot fill the memory with holes, or write beyond the message', () => {
    const { offer, say, heard, pass, station } = withPuppet();
    const { bytes } = randomMessage(4000, 1);
    offer(0, bytes);
    let packet = 0;
    const data = (offset: number, piece: Uint8Array) =>
      say({ kind: 'data', slot: 0, packet: { low: packet++ % 65_536, bytes: 2 }, offset, bytes: piece });
    data(3990, new Uint8Array(11));
    data(2 ** 48, new Uint8Array(1));
    pass(100);
    expect(heard.some(({ kind }) => kind === 'ack')).toBe(false);
    packet = 0;
    for (let offset = 0; offset < 3000; offset += 2) data(offset, bytes.subarray(offset, offset + 1));
    pass(100);
    const lastAck = heard.findLast((frame) => frame.kind === 'ack');
    expect(lastAck).toMatchObject({ largest: 1023 }); // the 1024th hole is the last that is taken
    for (let offset = 1; offset < 4000; offset += 2) data(offset - 1, bytes.subarray(offset - 1, offset + 1));
    pass(100);
    expect(station.received).toEqual([bytes]);
  });

  it('is not believed when it acknowledges what was never sent, and gets no more than 64 messages at once by any credit', () => {
    const { station, say, heard, pass } = withPuppet();
    for (let id = 0; id < 100; id++) station.send(id, new Uint8Array(10).fill(id));
    pass(1000);
    const before = station.session.counters.ignoredFrames;
    say({ kind: 'ack', largest: 40_000, bitmap: new Uint8Array(48).fill(255) });
    expect(station.session.counters.ignoredFrames).toBe(before + 1);
    const offered = heard.flatMap((frame) => (frame.kind === 'offer' ? [frame.transfer] : []));
    expect(Math.max(...offered)).toBe(MAX_TRANSFERS - 1);
  });

  it('is let go when it says nothing more', () => {
    const { station, pass, heard } = withPuppet();
    station.send(1, new Uint8Array(10));
    pass(44_000);
    expect(station.end).toBeUndefined();
    pass(2000);
    expect(station.end).toEqual({ reason: 'silent' });
    expect(heard.length).toBeLessThan(50);
  });

  it('hears its own hello on a line that leads back, and is not taken for a peer', () => {
    const { station, say } = withPuppet();
    const timeline = new Timeline();
    const alone = new SimulatedStation({
      timeline,
      nonce: 5,
      isActive: true,
      medium: { mtuBytes: 512, frameOverheadBytes: 6, bytesPerSecond: undefined, latencyMs: undefined },
      carrier: (frame, nowMs, deliver) => {
        deliver(frame, nowMs + 1);
        return nowMs + 1;
      },
    });
    alone.peer = alone;
    alone.pump();
    timeline.runUntil(() => false, 20_000);
    expect(alone.isEstablished).toBe(false);
    say({ kind: 'ping', session: 1 });
    expect(station.session.counters.ignoredFrames).toBe(1);
  });
});

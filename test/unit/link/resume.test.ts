import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.js';
import { WaypostError } from '../../../src/core/errors.js';
import { silentLogger } from '../../../src/core/logger.js';
import { compactEnvelope } from '../../../src/link/compact/compact.js';
import { expandEnvelope } from '../../../src/link/compact/expand.js';
import { createMemoryPartials } from '../../../src/link/memory-partials.js';
import type { PartialStore } from '../../../src/link/partial-store.js';
import { openPartials } from '../../../src/link/partials.js';
import { RangeSet } from '../../../src/link/ranges.js';
import { decodeFrame } from '../../../src/link/session/frame-codec.js';
import type { LinkTransportOptions } from '../../../src/transport/link-transport.js';
import type { Arrival, Channel } from '../../../src/transport/transport.js';
import { randomMessage } from '../../support/link-host.js';
import { sha256 } from '../../support/link-simulation.js';
import { linkTransportOf } from '../../support/link-stations.js';
import { createMemoryLinks } from '../../support/memory-links.js';
import { sampleEnvelopes } from '../../support/sample-envelopes.js';

const LENGTH = 200_000;
const { bytes: MESSAGE } = randomMessage(LENGTH, 1);
const HASH = sha256(MESSAGE);

/** Two stations on links that count what is sent, and can be cut after so many bytes of data. */
async function stations(
  options: { sender?: Partial<LinkTransportOptions>; receiver?: Partial<LinkTransportOptions> } = {},
) {
  const sent = { bytes: 0, ranges: new RangeSet(), cutAt: Number.POSITIVE_INFINITY, losesVerdicts: false };
  const links = createMemoryLinks({
    mtuBytes: 1024,
    intercept: (frame, next) => {
      const decoded = decodeFrame(frame);
      if (decoded?.kind === 'verdict' && sent.losesVerdicts) return;
      if (decoded?.kind === 'data') {
        sent.bytes += decoded.bytes.length;
        sent.ranges.add(decoded.offset, decoded.offset + decoded.bytes.length);
      }
      next(frame);
      if (sent.bytes >= sent.cutAt) links.cut();
    },
  });
  const partials = await createMemoryPartials({ clock: { nowMs: () => Date.now() } });
  const sender = await linkTransportOf(links, { stationId: new Uint8Array(16).fill(1), ...options.sender });
  const receiver = await linkTransportOf(links, {
    partials,
    stationId: new Uint8Array(16).fill(2),
    ...options.receiver,
  });
  const listener = await receiver.listen('wire:a');
  const arrivals: Arrival[] = [];
  const taken = { onArrival: (arrival: Arrival): unknown => arrival.accept() };
  const take = async (channel: Channel) => {
    for await (const arrival of channel) {
      arrivals.push(arrival);
      taken.onArrival(arrival);
    }
  };
  void (async () => {
    for await (const channel of listener) void take(channel);
  })();
  return { sent, links, partials, arrivals, taken, dial: () => sender.dial('wire:a'), listener };
}

async function hold(partials: PartialStore, peer: string, start: number, bytes: Uint8Array): Promise<void> {
  await using partial = await partials.open({ peer, hash: HASH, lengthBytes: LENGTH });
  partial.write(start, bytes);
}

describe('a transfer that was interrupted', () => {
  it('goes on where it stopped, as often as it is', async () => {
    const { sent, arrivals, dial } = await stations();
    for (let cut = 1; cut <= 5; cut++) {
      sent.cutAt = sent.bytes + 30_000;
      const channel = await dial();
      await expect(channel.send(MESSAGE)).rejects.toMatchObject({ code: 'ERR_CHANNEL_CLOSED', retryable: true });
    }
    sent.cutAt = Number.POSITIVE_INFINITY;
    await using channel = await dial();
    await channel.send(MESSAGE);
    expect(Buffer.from(arrivals[0]?.bytes ?? []).equals(MESSAGE)).toBe(true);
    // Only what was between the two ends at a cut was sent twice: a window each.
    expect(sent.bytes - LENGTH).toBeLessThan(5 * 20_000);
  });

  it('uses what came over another medium', async () => {
    const { sent, partials, arrivals, dial } = await stations();
    await hold(partials, 'qr:camera', 50_000, MESSAGE.subarray(50_000, 150_000));
    await using channel = await dial();
    await channel.send(MESSAGE);
    expect(Buffer.from(arrivals[0]?.bytes ?? []).equals(MESSAGE)).toBe(true);
    expect([...sent.ranges]).toEqual([{ start: 0, end: 50_000 }, { start: 150_000, end: LENGTH }]); // biome-ignore format: one line
    await expect.poll(() => partials.usage).toEqual({ partials: 0, reservedBytes: 0 });
  });

  it('is not spoilt by wrong bytes of others: they are asked for, and what the sender sent stays', async () => {
    const { sent, partials, arrivals, dial } = await stations();
    await hold(partials, 'qr:camera', 50_000, new Uint8Array(100_000).fill(9));
    await using channel = await dial();
    await channel.send(MESSAGE);
    expect(Buffer.from(arrivals[0]?.bytes ?? []).equals(MESSAGE)).toBe(true);
    expect(sent.bytes).toBe(LENGTH);
  });

  it('leaves what arrived for a later try when the receiver cannot take the message now, and then sends nothing', async () => {
    const { sent, arrivals, taken, dial } = await stations();
    taken.onArrival = (arrival) =>
      arrival.refuse(new WaypostError('ERR_STORE_FULL', 'for this test', { retryable: true, retryAfterMs: 90_000 }));
    await using channel = await dial();
    await expect(channel.send(MESSAGE)).rejects.toMatchObject({ code: 'ERR_REFUSED', retryable: true, retryAfterMs: 90_000 }); // biome-ignore format: one line
    expect(sent.bytes).toBe(LENGTH);
    taken.onArrival = (arrival) => arrival.accept();
    await channel.send(MESSAGE);
    expect(sent.bytes).toBe(LENGTH);
    expect(arrivals.length).toBe(2);
  });
});

describe('a message whose answer was lost', () => {
  it.each([50, LENGTH])('of %i bytes is answered when it comes again, and not delivered again', async (length) => {
    const { sent, links, arrivals, dial } = await stations();
    sent.losesVerdicts = true;
    const first = await dial();
    const sending = first.send(MESSAGE.subarray(0, length));
    const failed = expect(sending).rejects.toMatchObject({ code: 'ERR_CHANNEL_CLOSED' });
    await expect.poll(() => arrivals.length).toBe(1);
    links.cut();
    await failed;
    sent.losesVerdicts = false;
    await using again = await dial();
    await again.send(MESSAGE.subarray(0, length));
    expect(arrivals.length).toBe(1);
    await again.send(MESSAGE.subarray(0, length)); // but one that is sent on purpose is a new one
    expect(arrivals.length).toBe(2);
  });

  it('is not delivered again while somebody still decides about it', async () => {
    const { links, arrivals, taken, dial } = await stations();
    taken.onArrival = () => undefined;
    const first = await dial();
    const failed = expect(first.send(utf8('slowly'))).rejects.toMatchObject({ code: 'ERR_CHANNEL_CLOSED' });
    await expect.poll(() => arrivals.length).toBe(1);
    links.cut();
    await failed;
    await using again = await dial();
    const sending = again.send(utf8('slowly'));
    setTimeout(() => void arrivals[0]?.accept().catch(() => undefined), 50);
    await sending;
    expect(arrivals.length).toBe(1);
  });
});

describe('another form of messages', () => {
  it('may be compact envelopes', async () => {
    const options = { transform: { encode: compactEnvelope, decode: expandEnvelope } };
    const { sent, arrivals, dial } = await stations({ sender: options, receiver: options });
    const [sample] = await sampleEnvelopes();
    const envelope = utf8(sample?.packed ?? '');
    await using channel = await dial();
    await channel.send(envelope);
    expect(arrivals[0]?.bytes).toEqual(envelope);
    expect(sent.bytes).toBeLessThan(0.7 * envelope.length);
  });

  const transform = {
    encode: (message: Uint8Array) => (message[0] === 0 ? undefined : message.subarray(0, 1)),
    decode: ([first = 0]: Uint8Array, limitBytes: number) => new Uint8Array(Math.min(1000, limitBytes)).fill(first),
  };
  const message = new Uint8Array(1000).fill(7);

  it('is used when both ends know it, and only where it fits', async () => {
    const { sent, arrivals, dial } = await stations({ sender: { transform }, receiver: { transform } });
    await using channel = await dial();
    await channel.send(message);
    expect([arrivals[0]?.bytes, sent.bytes]).toEqual([message, 1]);
    await channel.send(new Uint8Array(1000));
    expect([arrivals[1]?.bytes, sent.bytes]).toEqual([new Uint8Array(1000), 1001]);
  });

  it.each([{ sender: { transform } }, { receiver: { transform } }])(
    'is not used when one end does not',
    async (options) => {
      const { sent, arrivals, dial } = await stations(options);
      await using channel = await dial();
      await channel.send(message);
      expect([arrivals[0]?.bytes, sent.bytes]).toEqual([message, 1000]);
    },
  );
});

describe('a disk that does not take what arrives', () => {
  it('does not keep a message from arriving, and is complained about once', async () => {
    const partials = await openPartials({
      clock: { nowMs: () => 0 },
      backing: {
        list: async () => [],
        load: async () => [],
        append: () => Promise.reject(new WaypostError('ERR_FILE', 'no room', { retryable: true })),
        remove: async () => undefined,
      },
    });
    const warnings: string[] = [];
    const logger = { ...silentLogger, warn: (event: string) => void warnings.push(event) };
    const { arrivals, dial } = await stations({ receiver: { partials, logger } });
    await using channel = await dial();
    await channel.send(MESSAGE);
    expect(arrivals.length).toBe(1);
    expect(warnings).toEqual(['link.incoming']);
  });
});

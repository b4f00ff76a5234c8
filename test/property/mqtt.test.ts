import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createNodePrimitives } from '../../src/crypto/node.js';
import { createMemoryPartials } from '../../src/link/memory-partials.js';
import { covers, isFilter } from '../../transports/mqtt/broker/filters.js';
import { decodePayload, encodeSegments, encodeWhole } from '../../transports/mqtt/frame-codec.js';
import { PacketGate } from '../../transports/mqtt/packet-gate.js';
import { Reassembly } from '../../transports/mqtt/reassembly.js';
import { parseMqttAddress, returnNameIn, returnTopic } from '../../transports/mqtt/topics.js';
import { runs } from '../support/fuzz.js';

const { sha256 } = createNodePrimitives();
const returnName = fc.option(fc.stringMatching(/^[a-z2-7]{22}$/), { nil: undefined });
const bytes = fc.uint8Array({ maxLength: 3000 });

describe('payloads', () => {
  test('a message comes out as it went in, with its return path', () => {
    const comesOut = (message: Uint8Array, name: string | undefined) => {
      const payload = decodePayload(encodeWhole(message, name));
      expect(payload).toEqual({ kind: 'whole', returnName: name, message });
    };
    fc.assert(fc.property(bytes, returnName, comesOut), runs(300));
  });

  test('anything at all is read without an error, and never beyond its end', () => {
    const isRead = (payload: Uint8Array) => {
      const read = decodePayload(payload);
      if (read?.kind === 'segment') {
        expect(read.offset + read.bytes.length).toBeLessThanOrEqual(read.lengthBytes);
        expect(read.hash).toHaveLength(32);
      }
    };
    const headed = fc.tuple(fc.constantFrom(0, 1, 2, 3, 4, 5), fc.constantFrom(0, 22, 7), bytes);
    fc.assert(fc.property(bytes, isRead), runs(300));
    const asHeaded = ([kind, length, rest]: [number, number, Uint8Array]) =>
      isRead(Uint8Array.of(0, kind, length, ...rest));
    fc.assert(fc.property(headed, asHeaded), runs(500));
  });

  test('segments come together in whatever order and however often they come', async () => {
    const order = fc.tuple(
      fc.uint8Array({ minLength: 1, maxLength: 5000 }),
      returnName,
      fc.integer({ min: 100, max: 900 }),
      fc.infiniteStream(fc.nat()),
    );
    const comeTogether = async ([message, name, size, numbers]: [
      Uint8Array,
      string | undefined,
      number,
      Iterable<number>,
    ]) => {
      const partials = await createMemoryPartials({ clock: { nowMs: () => 0 } });
      const reassembly = new Reassembly({ partials, sha256, maxMessageBytes: 5000 });
      const segments = [...encodeSegments(message, sha256(message), name, size)].flatMap((each) => [each, each]);
      const keys = numbers[Symbol.iterator]();
      const shuffled = segments.map((each) => ({ each, key: Number(keys.next().value) })).sort((a, b) => a.key - b.key);
      const added = shuffled.map(async ({ each }) => {
        expect(each.length).toBeLessThanOrEqual(size);
        const segment = decodePayload(each);
        if (segment?.kind !== 'segment') throw new Error('not a segment');
        return reassembly.add('somebody', segment);
      });
      const wholes = (await Promise.all(added)).filter((whole) => whole !== undefined);
      expect(wholes.length).toBeGreaterThan(0);
      for (const whole of wholes) expect(whole).toEqual(message);
      await reassembly.discard(sha256(message));
      expect(partials.usage.partials).toBe(0);
    };
    await fc.assert(fc.asyncProperty(order, comeTogether), runs(60));
  });
});

describe('topics', () => {
  const level = fc.constantFrom('a', 'b', 'device', 'x1', '$SYS', '+', '#', '', '..', 'a b', 'in', 'up', 'back');
  const path = fc.array(level, { maxLength: 6 }).map((levels) => levels.join('/'));

  test('no text becomes a topic with a wildcard, a topic of the broker, or one outside the prefix', () => {
    const isSafe = (text: string) => {
      let place: ReturnType<typeof parseMqttAddress>;
      try {
        place = parseMqttAddress(`mqtt://broker.example/${text}`);
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
        return;
      }
      expect(place.prefix).not.toMatch(/[+#$\0]|^$|\/\//);
    };
    fc.assert(fc.property(fc.oneof(path, fc.string(), fc.string({ unit: 'binary' })), isSafe), runs(500));
    const isReturn = (topic: string) => {
      const name = returnNameIn({ prefix: 'a' }, topic);
      if (name !== undefined) expect(topic).toBe(returnTopic({ prefix: 'a' }, name));
    };
    fc.assert(fc.property(fc.oneof(path, fc.stringMatching(/^a\/[a-z2-7/]{22}\/back$/)), isReturn), runs(500));
  });

  test('a filter covers another when it matches every topic that the other matches', () => {
    const word = fc.constantFrom('a', 'b', '+');
    const filter = fc
      .tuple(fc.array(word, { minLength: 1, maxLength: 3 }), fc.boolean())
      .map(([words, isOpen]) => [...words, ...(isOpen ? ['#'] : [])].join('/'));
    const topics = ['a', 'b', 'c'].flatMap((one) => [
      one,
      ...['a', 'b', 'c'].flatMap((two) => [
        `${one}/${two}`,
        ...['a', 'b', 'c'].flatMap((three) => [
          `${one}/${two}/${three}`,
          `${one}/${two}/${three}/d`,
          `${one}/${two}/${three}/d/e`,
        ]),
      ]),
    ]);
    const agree = (allowed: string, wanted: string) => {
      const matched = topics.filter((topic) => matches(wanted, topic));
      if (covers(allowed, wanted)) for (const topic of matched) expect(matches(allowed, topic)).toBe(true);
      if (!isFilter(wanted)) expect(covers(allowed, wanted)).toBe(false);
    };
    fc.assert(fc.property(filter, filter, agree), runs(500));
    for (const topic of topics) expect(covers('#', topic)).toBe(true);
    expect(covers('#', '$SYS/x')).toBe(false);
    expect(covers('a/+', 'a/#')).toBe(false);
  });
});

test('the gate stops packets by their announced length, however they are cut', () => {
  const cut = (lengths: number[], step: number) => {
    const gate = new PacketGate(1000);
    const stream = lengths.flatMap((length) => [
      0x30,
      ...varint(length),
      ...new Array<number>(Math.min(length, 1200)).fill(0xff),
    ]);
    let isOver = false;
    for (let at = 0; at < stream.length && !isOver; at += step)
      isOver = gate.isOver(Uint8Array.from(stream.slice(at, at + step)));
    expect(isOver).toBe(lengths.some((length) => length > 1000));
  };
  const lengths = fc.array(fc.oneof(fc.integer({ min: 0, max: 1000 }), fc.constantFrom(127, 128, 1001, 20_000_000)), {
    maxLength: 5,
  });
  fc.assert(fc.property(lengths, fc.integer({ min: 1, max: 500 }), cut), runs(200));
});

/** MQTT 3.1.1, 4.7, word for word. */
function matches(filter: string, topic: string): boolean {
  const pattern = filter.replace(/\/#$/, '(/.*)?').replace(/^#$/, '.*').replaceAll('+', '[^/]*');
  return new RegExp(`^${pattern}$`).test(topic);
}

function varint(length: number): number[] {
  return length < 128 ? [length] : [(length & 127) | 128, ...varint(length >> 7)];
}

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeNumber, encodeNumber, judge, type Sequence, WINDOW, withFrame } from '../../src/sensor/sequence.js';
import { runs } from '../support/fuzz.js';
import { type Cbor, cbor, pack, SensorDevice } from '../support/sensor-device.js';
import { openSensorHub } from '../support/sensor-hub.js';

/** What hostile bytes may be refused with. Anything else, ERR_INTERNAL above all, is a defect. */
const REFUSALS: readonly (string | undefined)[] = [
  ...['ERR_CBOR_MALFORMED', 'ERR_FRAME_MALFORMED', 'ERR_FRAME_FORGED', 'ERR_DEVICE_UNKNOWN', 'ERR_TOO_LARGE'],
  ...['ERR_JSON_MALFORMED', 'ERR_NOT_UTF8'],
];

describe('numbers', () => {
  const step = fc.record({
    epoch: fc.integer({ min: 0, max: 3 }),
    counter: fc.integer({ min: 0, max: 100 }),
    content: fc.integer({ min: 1, max: 2 }),
  });

  test('each is taken once, whatever comes in whatever order', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const taken = new Map<string, number>();
        let sequence: Sequence | undefined;
        let highest = { epoch: -1, counter: -1 };
        let previous = highest;
        for (const { epoch, counter, content } of steps) {
          const hash = new Uint8Array(8).fill(content);
          const before = taken.get(`${epoch} ${counter}`);
          const verdict = judge(sequence, { epoch, counter }, hash);
          const isRemembered = epoch === previous.epoch && counter > previous.counter - WINDOW && before === content;
          if (epoch < highest.epoch) expect(verdict).toBe(isRemembered ? 'repeat' : 'closed');
          else if (epoch === highest.epoch && counter <= highest.counter - WINDOW) expect(verdict).toBe('too-old');
          else if (before === undefined) expect(verdict).toBe('new');
          else expect(verdict).toBe(before === content ? 'repeat' : 'replayed');
          if (verdict !== 'new') continue;
          sequence = withFrame(sequence, { epoch, counter }, hash);
          taken.set(`${epoch} ${counter}`, content);
          if (epoch > highest.epoch) previous = highest;
          if (epoch > highest.epoch || counter > highest.counter) highest = { epoch, counter };
        }
      }),
      runs(200),
    );
  });

  test('are read as a device writes them, and no other spelling is', () => {
    const number = fc.oneof(fc.nat(300), fc.nat(70_000), fc.integer({ min: 0, max: 2 ** 32 - 1 }));
    fc.assert(
      fc.property(number, number, fc.uint8Array({ maxLength: 10 }), (epoch, counter, noise) => {
        const bytes = Buffer.concat([cbor(epoch), cbor(counter)]);
        expect(decodeNumber(bytes)).toEqual({ epoch, counter });
        expect(Buffer.from(encodeNumber({ epoch, counter }))).toEqual(bytes);
        try {
          expect(Buffer.from(encodeNumber(decodeNumber(noise)))).toEqual(Buffer.from(noise));
        } catch (error) {
          expect(['ERR_CBOR_MALFORMED', 'ERR_FRAME_MALFORMED']).toContain((error as { code?: string }).code);
        }
      }),
      runs(300),
    );
  });
});

describe('hostile bytes', () => {
  const device = new SensorDevice('t1');
  const frame = device.frame(1, 7, pack('t', 21.5, -3));
  const mutation = fc.oneof(
    fc.record({ kind: fc.constant('flip' as const), at: fc.nat(frame.length - 1), bit: fc.nat(7) }),
    fc.record({ kind: fc.constant('cut' as const), at: fc.nat(frame.length - 1) }),
    fc.record({ kind: fc.constant('insert' as const), at: fc.nat(frame.length), byte: fc.nat(255) }),
  );

  test('damaged frames are refused without an answer, and change nothing', async () => {
    const hub = openSensorHub({ limits: { perSource: { perSecond: 1e9, burst: 1e9 } } });
    await hub.register(device);
    await fc.assert(
      fc.asyncProperty(mutation, async (change) => {
        const { at } = change;
        const bytes =
          change.kind === 'cut'
            ? frame.subarray(0, at)
            : change.kind === 'insert'
              ? Buffer.concat([frame.subarray(0, at), Buffer.of(change.byte), frame.subarray(at)])
              : Buffer.from(frame.map((byte, i) => (i === at ? byte ^ (1 << change.bit) : byte)));
        if (bytes.equals(frame)) return;
        const { code, reply } = await hub.send(bytes, undefined, 'application/cose');
        expect(REFUSALS).toContain(code);
        expect(reply).toBeUndefined();
      }),
      runs(500),
    );
    expect(hub.witness.frames).toEqual([]);
    expect(await hub.store.get('sensor.states', 't1')).toBeUndefined();
  });

  test('any bytes under any media type are refused', async () => {
    const hub = openSensorHub({ limits: { perSource: { perSecond: 1e9, burst: 1e9 } } });
    await hub.register(device);
    await hub.sensors.devices.add({ id: 'p', authentication: 'plain' });
    const type = fc.constantFrom('application/cose', 'application/senml+json', 'application/senml+cbor', undefined);
    const start = fc.constantFrom([0xd1, 0x84], [0xd2, 0x84], [0x5b], [0x81, 0xa2], []);
    await fc.assert(
      fc.asyncProperty(type, start, fc.uint8Array({ maxLength: 200 }), async (mediaType, prefix, rest) => {
        const { code } = await hub.send(Uint8Array.of(...prefix, ...rest), undefined, mediaType);
        expect(REFUSALS).toContain(code);
      }),
      runs(500),
    );
    expect(hub.witness.frames).toEqual([]);
  });
});

describe('what an authentic device may say', () => {
  const scalar: fc.Arbitrary<Cbor> = fc.oneof(
    fc.double({ noNaN: false }),
    fc.integer({ min: -(2 ** 31), max: 2 ** 31 }),
    fc.string({ maxLength: 12 }),
    fc.boolean(),
    fc.uint8Array({ maxLength: 8 }),
  );
  const label = fc.oneof(fc.integer({ min: -7, max: 9 }), fc.constantFrom('n', 'v', 'x_', 'x'));
  const record: fc.Arbitrary<Cbor> = fc.oneof(
    { weight: 3, arbitrary: fc.array(fc.tuple(label, scalar), { maxLength: 5 }).map((items) => new Map(items)) },
    {
      weight: 3,
      arbitrary: fc
        .record({
          n: fc.constantFrom('t', 'h', '', '!'),
          v: fc.double({ noNaN: true, noDefaultInfinity: true }),
          t: fc.oneof(fc.integer({ min: -1000, max: 2_000_000_000 }), fc.double()),
        })
        .map(
          ({ n, v, t }) =>
            new Map<number, Cbor>([
              [0, n],
              [2, v],
              [6, t],
            ]),
        ),
    },
    scalar,
  );

  test('is stored as readings that make sense, or refused for good', async () => {
    const hub = openSensorHub({
      limits: { perSource: { perSecond: 1e9, burst: 1e9 }, perDevice: { perSecond: 1e9, burst: 1e9 } },
    });
    const device = new SensorDevice('t1');
    await hub.register(device);
    let counter = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(record, { maxLength: 4 }), async (records) => {
        const stored = hub.witness.frames.length;
        const { code, reply } = await hub.send(device.frame(1, counter++, cbor(records)));
        const answer = device.open(reply)?.[1];
        if (code === undefined) {
          expect(answer).toBe(0);
          expect(hub.witness.frames).toHaveLength(stored + 1);
          for (const { name, value, timeMs } of hub.witness.frames.at(-1)?.readings ?? []) {
            expect(name).toMatch(/^[A-Za-z0-9][A-Za-z0-9\-:./_]*$/);
            if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true);
            expect(Number.isSafeInteger(timeMs) && timeMs >= 0).toBe(true);
          }
        } else {
          expect(REFUSALS).toContain(code);
          expect(answer).toBe(5);
          expect(hub.witness.frames).toHaveLength(stored);
        }
      }),
      runs(500),
    );
    expect(hub.witness.frames.length).toBeGreaterThan(10);
  });
});

import { expect, test } from 'vitest';
import { Timeline } from '../../../../firmware-sim/bluetooth/timeline.js';
import type { RadioConnection } from '../../../../transports/ble/ports.js';
import { ConnectionSlots, DEFAULT_SLOT_LIMITS } from '../../../../transports/ble/slots.js';

interface Central extends RadioConnection {
  activeAtMs: number;
  isInUse: boolean;
  isConnected: boolean;
}

function setUp() {
  const timeline = new Timeline();
  const now = () => timeline.nowMs();
  const slots = new ConnectionSlots({ limits: DEFAULT_SLOT_LIMITS, scheduler: timeline, now });
  const connect = (address: string, isInUse = true, peer: Central['peer'] = 'central'): Central => {
    const central: Central = {
      address,
      peer,
      readRssi: async () => undefined,
      connectedAtMs: now(),
      activeAtMs: now(),
      isInUse,
      isConnected: true,
      disconnect() {
        central.isConnected = false;
        slots.release(central);
      },
    };
    slots.admit(central);
    return central;
  };
  const connected = (...centrals: Central[]) => centrals.map(({ isConnected }) => isConnected);
  return { timeline, slots, connect, connected, now };
}

test('three that are busy stay, a fourth has to come again', () => {
  const { connect, connected, slots } = setUp();
  expect(connected(connect('a'), connect('b'), connect('c'), connect('d'))).toEqual([true, true, true, false]);
  expect(slots.use).toEqual({ taken: 3, slots: 3, refused: 1, yielded: 0 });
});

test('first whoever uses nothing makes room, then the most idle, then whoever had its turn', () => {
  const { timeline, connect, connected } = setUp();
  const [unused, idle, busy] = [connect('a', false), connect('b'), connect('c')];
  timeline.advance(6000);
  busy.activeAtMs = timeline.nowMs();
  connect('d');
  expect(connected(unused, idle, busy)).toEqual([false, true, true]);
  connect('e');
  expect(connected(idle, busy)).toEqual([false, true]);
  timeline.advance(4000);
  busy.activeAtMs = timeline.nowMs();
  expect(connect('f').isConnected).toBe(false); // nobody has been idle for long enough
  timeline.advance(50_000);
  busy.activeAtMs = timeline.nowMs();
  const [, held] = [connect('g'), connect('h')]; // take the places of d and e, which fell idle
  expect(connected(busy, held)).toEqual([true, true]);
  connect('i');
  expect(connected(busy, held)).toEqual([false, true]);
});

test('whoever uses nothing for ten seconds is disconnected, and whoever is idle for two minutes', () => {
  const { timeline, connect, connected, slots } = setUp();
  const [unused, idle, busy] = [connect('a', false), connect('b'), connect('c')];
  timeline.advance(9999);
  expect(unused.isConnected).toBe(true);
  timeline.advance(1);
  expect(unused.isConnected).toBe(false);
  for (let i = 0; i < 24; i++) {
    timeline.advance(5000);
    busy.activeAtMs = timeline.nowMs();
  }
  expect(connected(idle, busy)).toEqual([false, true]);
  busy.disconnect();
  expect(slots.use.taken).toBe(0);
  expect(timeline.nextUs).toBeUndefined(); // no timer is left
});

test('for whom the gateway seeks only a free slot is taken, or that of one that was sought and had its turn', () => {
  const { timeline, connect, connected, slots } = setUp();
  const phone = connect('phone');
  const first = connect('first', true, 'peripheral');
  timeline.advance(1000);
  const second = connect('second', true, 'peripheral');
  expect(slots.hasRoomForSought).toBe(false);
  timeline.advance(58_999);
  expect(slots.makeRoomForSought()).toBe(false);
  timeline.advance(1);
  expect(slots.makeRoomForSought()).toBe(true);
  expect(connected(phone, first, second)).toEqual([true, false, true]);
  expect(slots.makeRoomForSought()).toBe(true); // the slot that is free now
  expect(slots.use).toMatchObject({ taken: 2, yielded: 1 });
});

test('packages that can do less than what is configured make it less', () => {
  const { connect, connected, slots } = setUp();
  slots.limit(1);
  slots.limit(5);
  expect(connected(connect('a'), connect('b'))).toEqual([true, false]);
  expect(slots.use.slots).toBe(1);
});

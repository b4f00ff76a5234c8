import { expect, test } from 'vitest';
import { bluetoothState, radioOf, signalStrengths } from '../../../src/daemon/operator/bluetooth.js';
import type { Ble } from '../../../transports/index.js';

/** What of a radio the operator looks at, with connections of these signal strengths. */
function radio(strengths: Readonly<Record<string, number | undefined>>, more: Partial<Ble> = {}): Ble {
  const unused = () => {
    throw new Error('not looked at');
  };
  return {
    get native() {
      return unused();
    },
    get dif() {
      return unused();
    },
    seek: unused,
    state: 'poweredOn',
    obstacle: undefined,
    slotUse: { taken: 2, slots: 3, refused: 4, yielded: 5 },
    connections: Object.entries(strengths).map(([address, rssiDbm], index) => ({
      address,
      peer: index === 0 ? 'peripheral' : 'central',
      connectedAtMs: 0,
      activeAtMs: 0,
      isInUse: true,
      readRssi: async () => rssiDbm,
      disconnect: () => {},
    })),
    [Symbol.asyncDispose]: async () => {},
    ...more,
  };
}

test('slots and adapter', () => {
  expect(bluetoothState(undefined)).toBeNull();
  expect(bluetoothState(radio({ a: -40, b: -50 }))).toEqual({
    adapter: 'poweredOn',
    problem: null,
    taken: 2,
    slots: 3,
    refused: 4,
    yielded: 5,
    sought: 1,
  });
  const off = radio({}, { state: 'poweredOff', obstacle: { what: 'it is off', fix: 'switch it on' } });
  expect(bluetoothState(off)).toMatchObject({ adapter: 'poweredOff', problem: 'it is off: switch it on' });
});

test('signal strengths by radio, where the adapter says them', async () => {
  expect([...(await signalStrengths(radio({ a: -40, b: undefined })))]).toEqual([['a', -40]]);
  expect([...(await signalStrengths(undefined))]).toEqual([]);
});

test('the radio in the address of a channel', () => {
  expect(radioOf('ble:C0:FF:EE:00:00:01')).toBe('c0:ff:ee:00:00:01');
  expect(radioOf('ble-dif:c0:ff:ee:00:00:01')).toBe('c0:ff:ee:00:00:01');
  expect(radioOf('ws://10.0.0.1:80')).toBeUndefined();
});

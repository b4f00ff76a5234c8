import { describe, expect, test } from 'vitest';
import { airTimeUs, exchangeUs, type Phy, valueCeiling } from '../../../firmware-sim/bluetooth/air-time.js';

test('packets as the specification times them', () => {
  expect(airTimeUs(1, 0)).toBe(80);
  expect(airTimeUs(1, 27)).toBe(296);
  expect(airTimeUs(1, 251)).toBe(2088);
  expect(airTimeUs(2, 251)).toBe(1048);
  expect(exchangeUs(1, 251, 0)).toBe(2468);
});

describe('kilobytes of value a second, one way, with values that fill the MTU', () => {
  const mtus = [23, 185, 247, 256, 517];
  const table: readonly [Phy, readonly number[]][] = [
    [1, [29.6, 92.3, 98.9, 84.3, 92.6]],
    [2, [40.3, 159.1, 175.3, 139.3, 158.0]],
  ];
  test.each(table)('%iM', (phy, rates) => {
    // 517 allows values of 512 bytes and no more
    const computed = mtus.map((mtu) => valueCeiling(phy, 251, Math.min(mtu - 3, 512)) / 1000);
    expect(computed.map((rate) => Number(rate.toFixed(1)))).toEqual(rates);
  });

  test('values that fill whole packets are best, and short packets cost most', () => {
    expect(valueCeiling(1, 251, 495) / 1000).toBeCloseTo(100.3, 1);
    expect(valueCeiling(1, 27, 244) / 1000).toBeCloseTo(36.9, 1);
  });
});

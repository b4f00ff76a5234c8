import { vi } from 'vitest';
import { describeTransport } from '../../../conformance/transport.js';
import { bleFixture } from '../../../support/bluetooth/ble-stations.js';
import { describePackages } from '../../../support/bluetooth/describe-packages.js';

const native = { dial: true, listen: true, acknowledged: true, duplex: true };
const dif = { ...native, acknowledged: false };

/** The MTUs that a family can be brought to: abandonware's noble always asks for 256. */
const MTUS = { stoprocent: [23, 185, 247, 517], abandonware: [256] } as const;

// What the cases wait for comes in simulated time, however long that takes a machine that is busy.
vi.setConfig({ testTimeout: 120_000 });

describePackages('on the virtual radio', (family) => {
  for (const mtu of MTUS[family]) {
    describeTransport(`ble at MTU ${mtu}`, native, () => bleFixture({ scheme: 'ble', mtu, family }));
  }
  const [, mtu = MTUS[family][0]] = MTUS[family];
  describeTransport(`ble-dif at MTU ${mtu}`, dif, () => bleFixture({ scheme: 'ble-dif', mtu, family }));
});

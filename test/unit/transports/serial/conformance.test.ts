import { describe, test } from 'vitest';
import { LINK_PROFILES } from '../../../../firmware-sim/profiles.js';
import { describeTransport } from '../../../conformance/transport.js';
import { withConnection } from '../../../conformance/transport-connection.js';
import { messageCases } from '../../../conformance/transport-messages.js';
import { canMakePtys } from '../../../support/pty-lines.js';
import { serialFixture } from '../../../support/serial-transport.js';

const supports = { dial: true, listen: true, acknowledged: true, duplex: true };

describe.skipIf(!canMakePtys())('on pseudo terminals', () => {
  describeTransport('serial', supports, () => serialFixture());

  describe('the transport serial on a line where one byte in 1000 is wrong', () => {
    // In both directions; as fast as a simulated line still is even.
    const noisy = { ...LINK_PROFILES['noisy-115200'], baudRate: 2_000_000, latencyMs: 2 };
    for (const { name, run } of messageCases) {
      test(name, async () => {
        await using fixture = await serialFixture(noisy, 80_000);
        await withConnection(fixture, run);
      });
    }
  });
});

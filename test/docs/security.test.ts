import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../../src/daemon/config/schema.js';
import { readShape } from '../../src/daemon/config/section.js';
import { storeLimits } from '../../src/daemon/run/limits.js';
import { DEFAULT_PARTIAL_LIMITS } from '../../src/link/partial-store.js';
import { DEFAULT_LIMITS } from '../../src/store/limits.js';

const MIB = 1024 * 1024;

describe('docs/security.md', () => {
  it('has the figures that a gateway has which nobody configured', async () => {
    const markdown = await readFile('docs/security.md', 'utf8');
    const config = readShape(ROOT.shape, {}, [], []);
    const { total, perDestination, perDepositor } = { ...DEFAULT_LIMITS, ...storeLimits(config) };
    const { accountsPerAddress, recipientsPerAccount, admission } = config.mediation;
    const { maxBytesPerPeer, maxTotalBytes } = DEFAULT_PARTIAL_LIMITS;
    for (const claim of [
      `${perDestination.bytes / MIB} MiB and ${perDepositor.bytes / MIB} MiB of ${total.bytes / MIB / 1024} GiB`,
      `${accountsPerAddress} accounts from a place, ${recipientsPerAccount} DIDs an account`,
      `\`${admission}\` is the default`,
      `${maxBytesPerPeer / MIB} MiB a peer, ${maxTotalBytes / MIB} MiB in all`,
      `${DEFAULT_LIMITS.rememberDepartures.toLocaleString('en')} messages`,
    ]) {
      expect(markdown).toContain(claim);
    }
    expect(total.bytes / perDepositor.bytes, 'four places can fill the store').toBe(4);
  });
});

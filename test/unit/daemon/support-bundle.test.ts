import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createNodePrimitives } from '../../../src/crypto/node.js';
import { ensureAdminToken } from '../../../src/daemon/data-folder/admin-token.js';
import { initialise } from '../../../src/daemon/data-folder/initialise.js';
import { dataFolder } from '../../../src/daemon/data-folder/layout.js';
import { allSecrets } from '../../../src/daemon/identity/identity.js';
import { makeSupportBundle, type SupportBundleOptions } from '../../../src/daemon/support-bundle.js';
import { errorOf, fakeMachine, run, temporaryFolder } from './support.js';

const PASSPHRASE = 'canary "passphrase" \\ 1';
const INVITATION = 'https://up.example.org/?_oob=canaryInvitation';

async function setUp(passphrase?: string) {
  const folder = dataFolder(path.join(await temporaryFolder(), 'data'));
  const options = { primitives: createNodePrimitives(), publicUrls: ['https://gw.example.org'], passphrase };
  const { identity } = await initialise(folder, options);
  await writeFile(folder.config, `name: a name\nupstreams:\n  - invitation: ${INVITATION}\n`, { mode: 0o600 });
  const secrets = [
    ...allSecrets(identity).map((secret) => secret.d),
    identity.invitationId,
    await ensureAdminToken(folder),
    INVITATION,
  ];
  const bundle = (more: Partial<SupportBundleOptions> = {}) =>
    makeSupportBundle({
      machine: fakeMachine(),
      folder,
      env: {},
      passphrase,
      nowMs: 0,
      checks: [],
      status: async () => ({ queued: 3 }),
      ...more,
    });
  return { folder, identity, secrets, bundle };
}

describe('the support bundle', () => {
  it('holds what somebody who helps needs', async () => {
    const { identity, bundle } = await setUp();
    const checks = [{ group: 'Clock', findings: [{ level: 'ok', message: 'fine' }] }] as const;
    const parsed = JSON.parse(await bundle({ checks, machine: fakeMachine({}, { run: async () => 'one\ntwo' }) }));
    expect(parsed).toMatchObject({
      format: 'waypost-support-bundle',
      madeAt: '1970-01-01T00:00:00.000Z',
      versions: { node: '24.19.0' },
      did: { current: identity.current.did, former: 0 },
      epoch: { value: { number: 1 } },
      checks,
      status: { value: { queued: 3 } },
      log: ['one', 'two'],
    });
    expect(parsed.configuration).toContain('name: a name');
  });

  it('holds no secret, also when a log, the status or a check does', async () => {
    for (const passphrase of [undefined, PASSPHRASE]) {
      const { secrets, bundle } = await setUp(passphrase);
      const canaries = passphrase === undefined ? secrets : [...secrets, passphrase];
      const leak = canaries.join(' ');
      const text = await bundle({
        machine: fakeMachine({}, { run: async () => `journal: ${leak}` }),
        status: async () => ({ leak }),
        checks: [{ group: 'a', findings: [{ level: 'ok', message: leak }] }],
      });
      expect(text.match(/\(removed\)/g)?.length).toBeGreaterThanOrEqual(3 * canaries.length);
      for (const canary of canaries) {
        expect(text).not.toContain(canary);
        expect(text).not.toContain(JSON.stringify(canary).slice(1, -1));
      }
      JSON.parse(text);
    }
  });

  it('is made also of a folder that is damaged, or whose keys stay locked', async () => {
    const { folder, secrets, bundle } = await setUp(PASSPHRASE);
    const locked = await bundle({ passphrase: undefined });
    expect(JSON.parse(locked).did.error).toContain('is encrypted');
    await writeFile(folder.identity, '{', { mode: 0o600 });
    await writeFile(folder.config, 'a: [', { mode: 0o600 });
    const damaged = JSON.parse(await bundle());
    expect(damaged.did.error).toContain('is damaged');
    expect(damaged.configuration.error).toContain('config.yaml:1');
    for (const secret of secrets) expect(locked).not.toContain(secret);
  });

  it('is written by a command, for the owner only, and replaces nothing', async () => {
    const { folder, identity, secrets } = await setUp();
    const file = path.join(path.dirname(folder.path), 'bundle.json');
    const args = ['support-bundle', file, '--data', folder.path];
    expect(await run(args)).toMatchObject({ code: 0, stderr: '' });
    const text = await readFile(file, 'utf8');
    expect(JSON.parse(text)).toMatchObject({
      did: { current: identity.current.did },
      status: { value: { state: 'stopped', store: { messages: 0 } } },
    });
    for (const secret of secrets) expect(text).not.toContain(secret);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const again = await run(args);
    expect(again.code).toBe(2);
    expect(errorOf(again).code).toBe('ERR_USAGE');
  });
});

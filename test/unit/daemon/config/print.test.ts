import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../../src/daemon/config/load.js';
import { environmentName, settingPaths } from '../../../../src/daemon/config/names.js';
import { printConfig } from '../../../../src/daemon/config/print.js';
import { SCHEMA } from '../../../../src/daemon/config/schema.js';
import { temporaryFolder } from '../support.js';

async function reload(yaml: string) {
  const file = path.join(await temporaryFolder(), 'config.yaml');
  await writeFile(file, yaml);
  return loadConfig({ file });
}

describe('printConfig', () => {
  it('prints what reads back as the same', async () => {
    const env = {
      WAYPOST_NAME: 'yes: "no"',
      WAYPOST_HTTP_LISTEN: '[::]:0',
      WAYPOST_MEDIATION_ALLOW: 'did:web:a,did:web:b',
      WAYPOST_STORE_BYTES: '123456789',
      WAYPOST_UPSTREAMS: '[{"did":"did:web:example.org","pollSeconds":5}]',
      WAYPOST_TRUSTED_LINKS: 'serial:',
    };
    const loaded = await loadConfig({ env });
    expect((await reload(printConfig(loaded))).config).toEqual(loaded.config);
  });

  it('makes a file for people in which every setting stands, and none is set', async () => {
    const yaml = printConfig({ commentInitial: true });
    const { config, origins } = await reload(yaml);
    expect(origins.size).toBe(0);
    expect(config).toEqual((await loadConfig({})).config);
    for (const at of settingPaths(SCHEMA)) expect(yaml).toContain(environmentName(at));
    expect(yaml.split('\n').filter((line) => line.length > 120)).toEqual([]);
  });

  it('makes a file whose lines mean what they say when they are uncommented', async () => {
    const yaml = printConfig({ commentInitial: true }).replaceAll(/^( *)#(?! )/gm, '$1');
    const { config, origins } = await reload(yaml);
    expect(origins.size).toBe(settingPaths(SCHEMA).length);
    expect(config).toEqual((await loadConfig({})).config);
  });

  it('says where a value comes from, and hides secrets', async () => {
    const invitation = 'https://example.org/?_oob=canary4711';
    const printed = printConfig(await loadConfig({ env: { WAYPOST_UPSTREAMS: JSON.stringify([{ invitation }]) } }));
    expect(printed).toContain('This value comes from WAYPOST_UPSTREAMS.');
    expect(printed).toContain('(hidden)');
    expect(printed).not.toContain('canary4711');
  });
});

import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../../src/daemon/config/load.js';
import type { Ran, ServiceHost } from '../../../../src/daemon/service/host.js';
import { planInstall } from '../../../../src/daemon/service/install.js';
import { findServiceState } from '../../../../src/daemon/service/state.js';
import { carryOut, type Step, summariseStep } from '../../../../src/daemon/service/step.js';
import { createSystemd } from '../../../../src/daemon/service/systemd.js';
import { planUninstall } from '../../../../src/daemon/service/uninstall.js';
import { unitWord } from '../../../../src/daemon/service/unit.js';
import { assertUsable } from '../../../../src/daemon/service/usable.js';

/** A machine that runs: files in a map, and a service manager that does as it is told. */
function machine(files: Record<string, string> = {}) {
  const there = new Map(Object.entries({ '/etc/passwd': '', '/etc/group': 'dialout:x:20:\n', ...files }));
  const ran: string[] = [];
  const on = new Set<string>();
  const answers = new Map<string, Ran>();
  const host: ServiceHost = {
    root: undefined,
    locate: (file) => file,
    exists: async (file) => there.has(file),
    readText: async (file) => there.get(file),
    list: async (folder) =>
      [...there.keys()].filter((file) => file.startsWith(`${folder}/`)).map((file) => file.slice(folder.length + 1)),
    write: async (file, text) => void there.set(file, text),
    remove: async (file) => void there.delete(file),
    removeEmpty: async () => {},
    async run(command, args) {
      const [verb = ''] = args;
      const line = [command, ...args].join(' ');
      const answer = answers.get(line);
      if (answer !== undefined) return answer;
      if (verb.startsWith('is-')) return { code: on.has(verb) ? 0 : 3, output: '' };
      ran.push(line);
      if (verb === 'enable') on.add('is-enabled');
      if (verb === 'restart') on.add('is-active');
      if (verb === 'stop') on.delete('is-active');
      if (command === 'systemd-sysusers') there.set('/etc/passwd', 'waypost:x:999:999::/:/bin/false\n');
      return { code: 0, output: '' };
    },
  };
  return { host, systemd: createSystemd(host), files: there, ran, answers };
}

const command = ['/usr/bin/node', '/usr/lib/waypost.js', 'start'];

async function install(on: ReturnType<typeof machine>, env: Record<string, string> = {}): Promise<readonly Step[]> {
  const { config } = await loadConfig({ env });
  const steps = await planInstall({ ...on, command, config });
  for (const step of steps) await carryOut(on.host, step);
  return steps;
}

describe('the service on a machine that runs', () => {
  it('is made, told to systemd, enabled and started, in this order, once', async () => {
    const on = machine();
    expect((await install(on)).map(summariseStep)).toEqual([
      'write /etc/sysusers.d/waypost.conf',
      'run systemd-sysusers waypost.conf',
      'write /etc/systemd/system/waypost.service',
      'run systemctl daemon-reload',
      'run systemctl enable waypost.service',
      'run systemctl restart waypost.service',
    ]);
    expect(await install(on)).toEqual([]);
  });

  it('is restarted with the rights of a changed configuration', async () => {
    const on = machine();
    await install(on);
    expect((await install(on, { WAYPOST_LINKS_LISTEN: 'ble:' })).map(summariseStep)).toEqual([
      'write /etc/systemd/system/waypost.service.d/bluetooth.conf',
      'run systemctl daemon-reload',
      'run systemctl restart waypost.service',
    ]);
  });

  it('goes on where an attempt failed', async () => {
    const on = machine();
    const restart = 'systemctl restart waypost.service';
    on.answers.set(restart, { code: 1, output: 'Job for waypost.service failed.' });
    await expect(install(on)).rejects.toMatchObject({
      code: 'ERR_SERVICE',
      message: `"${restart}" failed with 1: Job for waypost.service failed.`,
    });
    on.answers.clear();
    expect((await install(on)).map(summariseStep)).toEqual([`run ${restart}`]);
  });

  it('is stopped before it is removed, and so before its data is', async () => {
    const on = machine();
    await install(on);
    on.files.set('/var/lib/waypost', '').set('/var/lib/waypost/identity.json', '{}');
    const steps = (await planUninstall({ ...on, isPurging: true })).map(summariseStep);
    expect(steps).toEqual([
      'run systemctl stop waypost.service',
      'run systemctl disable waypost.service',
      'remove /etc/systemd/system/waypost.service',
      'run systemctl daemon-reload',
      'run systemctl reset-failed waypost.service',
      'remove /var/lib/waypost',
      'remove /etc/sysusers.d/waypost.conf',
      'run userdel waypost',
    ]);
  });

  it('says how it is, and when an upgrade or a configuration asks for "install" again', async () => {
    const on = machine();
    await install(on);
    const shown =
      'ActiveState=active\nStateChangeTimestamp=Sun 2026-11-22 17:00:00 UTC\nStatusText=serving\nNRestarts=2';
    on.answers.set('systemctl show --property=ActiveState,StateChangeTimestamp,StatusText,NRestarts waypost', {
      code: 0,
      output: shown,
    });
    const plan = async (env: Record<string, string>) =>
      planInstall({ ...on, command, config: (await loadConfig({ env })).config });
    expect(await findServiceState(on.host, on.systemd, () => plan({}))).toEqual({
      unit: 'installed',
      isCurrent: true,
      isEnabled: true,
      active: 'active',
      since: 'Sun 2026-11-22 17:00:00 UTC',
      status: 'serving',
      restarts: 2,
    });
    const other = await findServiceState(on.host, on.systemd, () => plan({ WAYPOST_HTTP_LISTEN: '0.0.0.0:443' }));
    expect(other.isCurrent).toBe(false);
  });

  it('is refused politely where there is no systemd, and to everybody but root', async () => {
    await expect(assertUsable(machine().host, 0)).rejects.toMatchObject({ code: 'ERR_SERVICE' });
    const { host } = machine({ '/run/systemd/system': '' });
    await expect(assertUsable(host, 1000)).rejects.toThrow('use sudo');
    await assertUsable(host, 0);
  });
});

it('words of a unit stay one word, without specifiers and variables', () => {
  expect(unitWord('/usr/bin/node')).toBe('/usr/bin/node');
  expect(unitWord('/opt/my "own" 100%/$x')).toBe(String.raw`"/opt/my \"own\" 100%%/$$x"`);
});

import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createNodePrimitives } from '../../../../src/crypto/node.js';
import { type CheckOptions, hasErrors, runChecks } from '../../../../src/daemon/check/run-checks.js';
import { showChecks } from '../../../../src/daemon/check/show.js';
import { initialise } from '../../../../src/daemon/data-folder/initialise.js';
import { dataFolder } from '../../../../src/daemon/data-folder/layout.js';
import { lockDataFolder } from '../../../../src/daemon/data-folder/lock.js';
import { createMachine, type Machine } from '../../../../src/daemon/machine.js';
import { createDid } from '../../../../src/did/create.js';
import { fakeMachine, temporaryFolder } from '../support.js';

const NOW = Date.UTC(2026, 5, 1);
const primitives = createNodePrimitives();

async function newFolder(publicUrls: readonly string[] = ['https://gw.example.org']) {
  const folder = dataFolder(path.join(await temporaryFolder(), 'data'));
  await initialise(folder, { primitives, publicUrls, passphrase: undefined });
  return folder;
}

/** What `check` prints. Files of the data folder are real; the rest of the machine is as given. */
async function check(options: Partial<CheckOptions> = {}): Promise<string> {
  const folder = options.folder ?? (await newFolder());
  const machine = options.machine ?? fakeMachine();
  const real = createMachine();
  const exists = async (file: string) =>
    file.startsWith(folder.path) || folder.path.startsWith(file) ? real.exists(file) : machine.exists(file);
  const groups = await runChecks({
    folder,
    env: {},
    nowMs: NOW,
    passphrase: undefined,
    ...options,
    machine: { ...machine, exists },
  });
  return showChecks(groups);
}

function machineWithDisk(disk: { type?: number; freeBytes?: number }, more: Partial<Machine> = {}): Machine {
  return fakeMachine({}, { fileSystem: async () => ({ type: 0xef53, freeBytes: 8 * 2 ** 30, ...disk }), ...more });
}

const IPV4_ROUTES =
  'Iface\tDestination\tGateway \tFlags\tRefCnt\nwlan0\t00000000\t0102A8C0\t0003\t0\nwlan0\t0002A8C0\t00000000\t0001\t0\n';

describe('check', () => {
  it('says in plain words what a machine without radio, internet and disk lacks', async () => {
    const shown = await check({ machine: machineWithDisk({ type: 0x0102_1994 }) });
    expect(shown).toContain('lies in memory (tmpfs): everything in it is lost when the power goes.');
    expect(shown).toContain('There is no internet: no network has a default route.');
    expect(shown).toContain('Bluetooth: none found.');
    expect(shown).toContain('Serial ports: none found.');
    expect(shown).toMatch(/0 errors, \d warnings\.\n$/);
  });

  it('is content with a machine that has everything', async () => {
    const files = {
      '/run/systemd/timesync/synchronized': '',
      '/proc/net/route': IPV4_ROUTES,
      '/sys/class/bluetooth/hci0/address': '',
      '/dev/serial/by-id/usb-LoRa_stick': '',
    };
    const folder = await newFolder();
    await writeFile(folder.config, 'http:\n  listen: 0.0.0.0:8080\n', { mode: 0o600 });
    const shown = await check({ folder, machine: fakeMachine(files, { run: async () => 'throttled=0x0\n' }) });
    expect(shown).toMatch(/0 errors, 0 warnings\.\n$/);
    expect(shown).not.toContain('note');
    for (const text of ['by wlan0', 'hci0', 'usb-LoRa_stick', '(NTP)', 'gw.example.org looks right']) {
      expect(shown).toContain(text);
    }
  });

  it.each([
    { name: 'an overlay', machine: machineWithDisk({ type: 0x794c_7630 }), expected: /warning .*lies on an overlay/ },
    {
      name: 'a full disk',
      machine: machineWithDisk({ freeBytes: 9 * 2 ** 20 }),
      expected: /error .*Only 9 MiB are free/,
    },
    {
      name: 'a disk with little room',
      machine: machineWithDisk({ freeBytes: 2 ** 28 }),
      expected: /warning .*256 MiB/,
    },
    {
      name: 'a read-only disk',
      machine: machineWithDisk({}, { writable: async () => 'read-only' }),
      expected: /error .*mounted read-only/,
    },
    {
      name: "somebody else's folder",
      machine: machineWithDisk({}, { writable: async () => 'no' }),
      expected: /error .*cannot be written by this user\.\n +-> sudo chown/,
    },
    {
      name: 'an old Node',
      machine: fakeMachine({}, { nodeVersion: '20.19.0' }),
      expected: /error .*Node 20\.19\.0 is too old/,
    },
    {
      name: 'weak power now',
      machine: fakeMachine({}, { run: async (command) => (command === 'vcgencmd' ? 'throttled=0x50005' : undefined) }),
      expected: /error .*too weak right now/,
    },
    {
      name: 'weak power before',
      machine: fakeMachine({}, { run: async (command) => (command === 'vcgencmd' ? 'throttled=0x50000' : undefined) }),
      expected: /warning .*was too weak since/,
    },
    {
      name: 'Bluetooth that is switched off',
      machine: fakeMachine({
        '/sys/class/rfkill/rfkill0/type': 'bluetooth\n',
        '/sys/class/rfkill/rfkill0/soft': '1\n',
      }),
      expected: /Bluetooth is switched off\.\n +-> sudo rfkill unblock bluetooth/,
    },
    {
      name: 'a way out by IPv6 only',
      machine: fakeMachine({
        '/proc/net/ipv6_route': `${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00 fe80 400 1 0 3 usb0\n`,
      }),
      expected: /ok .*by usb0/,
    },
    {
      name: 'no way out, where the only such route refuses',
      machine: fakeMachine({
        '/proc/net/ipv6_route': `${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00 0 ffff 1 0 200200 lo\n`,
      }),
      expected: /note .*There is no internet/,
    },
  ])('finds $name', async ({ machine, expected }) => {
    expect(await check({ machine })).toMatch(expected);
  });

  it('finds a folder that is missing, empty, or open to others', async () => {
    const folder = dataFolder(path.join(await temporaryFolder(), 'data'));
    expect(await check({ folder })).toMatch(/error .*does not exist\.\n +-> waypost init --data/);
    expect(await check({ folder: dataFolder(path.dirname(folder.path)) })).toMatch(/error .*has no identity yet/);
    const used = await newFolder();
    await chmod(used.identity, 0o644);
    expect(await check({ folder: used })).toMatch(/error .*identity\.json is open to other users.*\n +-> chmod 600 /);
  });

  it('says who uses the folder', async () => {
    const folder = await newFolder();
    await using _lock = await lockDataFolder(folder, 'start');
    expect(await check({ folder })).toContain(`in use by process ${process.pid} (waypost start)`);
  });

  it('finds a configuration that is wrong, and goes on', async () => {
    const folder = await newFolder();
    await writeFile(folder.config, 'log:\n  level: loud\n', { mode: 0o600 });
    const shown = await check({ folder, env: { WAYPOST_HTP: 'x' } });
    expect(shown).toMatch(/error .*config\.yaml:2: log\.level: "loud" is not allowed/);
    expect(shown).toContain('Bluetooth');
    await writeFile(folder.config, '', { mode: 0o600 });
    expect(await check({ folder, env: { WAYPOST_HTP: 'x' } })).toContain('WAYPOST_HTP is unknown and has no effect');
  });

  it.each([
    { url: 'http://gateway.local:8080', expected: 'reached from the local network only' },
    { url: 'http://192.168.1.7:8080', expected: 'reached from the local network only' },
    { url: 'http://127.0.0.1:8080', expected: 'reached from this machine only' },
    { url: 'http://gw.example.org', expected: 'is not encrypted' },
    { url: 'https://gw.example.org', expected: 'Only this machine can reach 127.0.0.1:8080' },
  ])('judges the public URL $url', async ({ url, expected }) => {
    expect(await check({ folder: await newFolder([url]) })).toContain(expected);
  });

  it('warns of an admin API that others can reach', async () => {
    expect(await check({ env: { WAYPOST_ADMIN_LISTEN: '0.0.0.0:8081' } })).toMatch(
      /warning .*The admin API at 0\.0\.0\.0/,
    );
  });

  it('asks the upstreams, and nobody else', async () => {
    const asked: string[] = [];
    const connect: Machine['connect'] = async (host, port) => {
      asked.push(`${host} ${port}`);
      return host === 'up.example.org' ? undefined : 'no route to host';
    };
    const services = [{ t: 'dm', s: { uri: 'https://up.example.org/a' } }];
    const { did } = createDid(primitives, { method: 'peer2', services });
    const upstreams = [{ did }, { did: 'did:web:away.example.org%3A8443:a' }, { did: 'did:example:1' }];
    const shown = await check({
      machine: fakeMachine({}, { connect }),
      env: { WAYPOST_UPSTREAMS: JSON.stringify(upstreams) },
    });
    expect(asked).toEqual(['up.example.org 443', 'away.example.org 8443']);
    expect(shown).toMatch(/ok .*Upstream 1: up\.example\.org port 443 answers/);
    expect(shown).toMatch(/warning .*Upstream 2: away\.example\.org port 8443 cannot be reached \(no route to host\)/);
    expect(shown).toMatch(/note .*Upstream 3: where it is cannot be said/);
    expect(shown).toContain('What is meant for upstreams waits here.');
  });

  it('tells errors from warnings', async () => {
    const folder = await newFolder();
    const options = { folder, env: {}, nowMs: NOW, passphrase: undefined };
    const disk = { exists: async () => true };
    expect(hasErrors(await runChecks({ ...options, machine: machineWithDisk({}, disk) }))).toBe(false);
    expect(hasErrors(await runChecks({ ...options, machine: machineWithDisk({ freeBytes: 1 }, disk) }))).toBe(true);
  });
});

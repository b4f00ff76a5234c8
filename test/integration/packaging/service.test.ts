import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { main } from '../../../src/daemon/cli.js';
import { errorOf, type Finished, testFolder } from '../../support/processes.js';
import { describeSystemd } from '../../support/systemd.js';

const NODE = '/usr/bin/node';
const PROGRAM = '/usr/lib/node_modules/waypost/dist/bin/waypost.js';
const UNIT = 'etc/systemd/system/waypost.service';

describeSystemd('waypost service, in an image of a machine', () => {
  let root: string;
  const at = (...names: string[]): string => path.join(root, ...names);
  const read = (name: string): string => readFileSync(at(name), 'utf8');
  const put = (name: string, text: string): void => {
    mkdirSync(path.dirname(at(name)), { recursive: true });
    writeFileSync(at(name), text);
  };
  const service = async (verb: string, ...args: string[]): Promise<Finished> => {
    let stdout = '';
    let stderr = '';
    const code = await main({
      argv: ['node', 'waypost', 'service', verb, '--root', root, ...args],
      stdin: (async function* () {})(),
      stdout: { write: (text) => (stdout += text) },
      stderr: { write: (text) => (stderr += text) },
    });
    return { code, stdout, stderr };
  };
  const install = (...args: string[]): Promise<Finished> =>
    service('install', '--node', NODE, '--program', PROGRAM, ...args);
  const everything = (): string[] => readdirSync(root, { recursive: true, encoding: 'utf8' }).sort();

  beforeEach(async () => {
    root = await testFolder();
    put('etc/passwd', 'root:x:0:0::/root:/bin/sh\n');
    put('etc/group', 'root:x:0:\ndialout:x:20:\nvideo:x:44:\n');
    for (const file of [NODE, PROGRAM]) {
      put(file, '#!/bin/sh\n');
      chmodSync(at(file), 0o755);
    }
  });

  it('makes the unit and its user, and enables it', async () => {
    expect(await install()).toMatchObject({ code: 0, stderr: '' });
    expect(read(UNIT)).toContain(`ExecStart=${NODE} ${PROGRAM} start\n`);
    expect(statSync(at(UNIT)).mode & 0o777).toBe(0o644);
    expect(existsSync(at('etc/systemd/system/multi-user.target.wants')), 'enabled').toBe(true);
    expect(read('etc/passwd')).toMatch(/^waypost:x:\d+:\d+:waypost gateway:\/var\/lib\/waypost:\/usr\/sbin\/nologin$/m);
    expect(read('etc/group')).toMatch(/^dialout:x:20:waypost$/m);
    expect(JSON.parse((await service('status', '--json')).stdout)).toMatchObject({
      unit: 'installed',
      isEnabled: true,
      active: null,
    });
  });

  it('is the unit that docs/waypost.service shows', async () => {
    await install();
    expect(readFileSync('docs/waypost.service', 'utf8')).toBe(read(UNIT));
  });

  it('changes nothing the second time, and nothing at all on a dry run', async () => {
    const before = everything();
    const dry = await install('--dry-run');
    expect(everything()).toEqual(before);
    expect(dry.stdout).toContain('would write /etc/systemd/system/waypost.service\n    | # Made by');
    expect(dry.stdout).toContain('would run systemd-sysusers');
    await install();
    expect((await install()).stdout).toBe('Nothing to do.\n');
  });

  it('gives Bluetooth, low ports, cameras and folders the rights that they need, as long as they are configured', async () => {
    const drops = `${UNIT}.d`;
    await install();
    expect(existsSync(at(drops))).toBe(false);
    const settings = [
      "links: { listen: ['ble:'] }",
      "http: { listen: '0.0.0.0:80' }",
      "dropFolders: ['/srv/in box']",
      "qr: { listen: ['qr:camera:door'], cameras: [{ name: door, command: [ffmpeg] }] }",
    ];
    put('var/lib/waypost/config.yaml', settings.join('\n'));
    put('etc/waypost/passphrase', 'secret\n');
    put(`${drops}/mine.conf`, '[Service]\nNice=5\n');
    const changed = await install();
    expect(changed).toMatchObject({ code: 0, stderr: '' });
    const names = ['bluetooth.conf', 'cameras.conf', 'folders.conf', 'mine.conf', 'passphrase.conf', 'ports.conf'];
    expect(readdirSync(at(drops)).sort()).toEqual(names);
    expect(read(`${drops}/bluetooth.conf`)).toContain('AmbientCapabilities=CAP_NET_RAW CAP_NET_ADMIN\n');
    expect(read(`${drops}/ports.conf`)).toContain('AmbientCapabilities=CAP_NET_BIND_SERVICE\n');
    expect(read(`${drops}/folders.conf`)).toContain('ReadWritePaths="-/srv/in box"\n');
    expect(verify(root)).toBe('');

    put('var/lib/waypost/config.yaml', '');
    await install();
    expect(readdirSync(at(drops)).sort()).toEqual(['mine.conf', 'passphrase.conf']);
  });

  it('says what is wrong with the configuration instead of starting with it', async () => {
    put('var/lib/waypost/config.yaml', 'links: { listen: [nonsense] }\n');
    const refused = await install();
    expect(refused.code).toBe(2);
    expect(errorOf(refused).code).toBe('ERR_CONFIG');
  });

  it('leaves the data folder where it is until it is told to purge it', async () => {
    const before = everything();
    await install();
    put('var/lib/waypost/identity.json', '{}');
    const removed = await service('uninstall');
    expect(removed).toMatchObject({ code: 0, stdout: expect.stringContaining('stays, with keys and messages') });
    expect(existsSync(at(UNIT))).toBe(false);
    expect(existsSync(at('var/lib/waypost/identity.json'))).toBe(true);
    expect(read('etc/passwd'), 'whose the folder is').toContain('waypost');

    expect(await service('uninstall', '--purge')).toMatchObject({ code: 0, stderr: '' });
    expect(read('etc/passwd')).not.toContain('waypost');
    expect(everything().filter((name) => !before.includes(name) && name.includes('waypost'))).toEqual([]);
    expect((await service('uninstall', '--purge')).stdout).toBe('Nothing to do.\n');
  });

  it('neither replaces nor removes what somebody else made', async () => {
    put(UNIT, '[Service]\nExecStart=/opt/own\n');
    for (const run of [install, () => service('uninstall')]) {
      const refused = await run();
      expect(refused.code).toBe(1);
      expect(errorOf(refused).code).toBe('ERR_SERVICE');
    }
    expect(read(UNIT)).toBe('[Service]\nExecStart=/opt/own\n');

    put('var/lib/waypost/holiday.jpg', '');
    put(UNIT, '');
    execFileSync('rm', [at(UNIT)]);
    expect(errorOf(await service('uninstall', '--purge')).message).toContain('no data folder');
    expect(existsSync(at('var/lib/waypost/holiday.jpg'))).toBe(true);
  });

  it('refuses a program where a service cannot see it', async () => {
    put('home/pi/waypost.js', '');
    const refused = await service('install', '--node', NODE, '--program', '/home/pi/waypost.js');
    expect(errorOf(refused)).toMatchObject({
      code: 'ERR_SERVICE',
      message: expect.stringContaining('sudo npm install -g'),
    });
    const missing = await service('install', '--node', '/usr/local/bin/node', '--program', PROGRAM);
    expect(errorOf(missing).message).toContain('there is no /usr/local/bin/node');
  });

  it('passes what systemd says of units and their exposure', async () => {
    await install();
    expect(verify(root)).toBe('');
    const args = ['security', '--offline=true', '--threshold=30', `--root=${root}`, 'waypost.service'];
    const { status, stdout } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
    expect(stdout).toMatch(/Overall exposure level for waypost.service: \d/);
    expect(status, 'at most 3.0 of 10').toBe(0);
  });
});

/** What systemd-analyze says of the unit with its drop-ins; it looks for programs and targets on this machine. */
function verify(root: string): string {
  const folder = path.join(root, 'verify');
  execFileSync('cp', ['-r', path.join(root, path.dirname(UNIT)), folder]);
  const unit = path.join(folder, 'waypost.service');
  writeFileSync(unit, readFileSync(unit, 'utf8').replace(`${NODE} ${PROGRAM}`, '/bin/true'));
  const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', unit], { encoding: 'utf8' });
  return status === 0 ? `${stdout}${stderr}` : `${status}: ${stdout}${stderr}`;
}

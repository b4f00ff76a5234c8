import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { runChecks } from '../../../../src/daemon/check/run-checks.js';
import { dataFolder } from '../../../../src/daemon/data-folder/layout.js';
import type { Machine } from '../../../../src/daemon/machine.js';
import { fakeMachine, temporaryFolder } from '../support.js';

/** What is said beyond the adapters, when the gateway is to listen on `address`. */
async function findings(
  address: string,
  files: Readonly<Record<string, string>>,
  run: Machine['run'],
  { bluetooth = '', env = {} }: { bluetooth?: string; env?: Record<string, string> } = {},
) {
  const folder = dataFolder(await temporaryFolder());
  await writeFile(folder.config, `links:\n  listen: ["${address}"]\n${bluetooth}`, { mode: 0o600 });
  const machine = fakeMachine(files, { run });
  const groups = await runChecks({ machine, folder, env, nowMs: 1_800_000_000_000, passphrase: undefined });
  const lines = groups.find(({ group }) => group === 'Radios and lines')?.findings ?? [];
  return lines.filter(({ message }) => !/^(Bluetooth|Serial ports):/.test(message));
}

const works: Machine['run'] = async (command) => (command === 'systemctl' ? undefined : '');

test('nothing is said where Bluetooth is not to be used', async () => {
  expect(await findings('serial:/dev/ttyUSB0', {}, works)).toHaveLength(1);
});

test('all is well', async () => {
  const files = { '/proc/self/status': 'CapEff:\t0000000000002000\n', '/proc/sys/net/core/rmem_default': '4194304\n' };
  expect(await findings('ble:', files, works)).toEqual([{ level: 'ok', message: '@stoprocent/bleno can be loaded.' }]);
});

test('each obstacle comes with the command that removes it', async () => {
  const files = { '/proc/self/status': 'CapEff:\t0000000000001000\n', '/proc/sys/net/core/rmem_default': '212992\n' };
  const found = await findings('ble-dif:', files, async (command) =>
    command === 'systemctl' ? 'active\n' : undefined,
  );
  expect(found.map(({ level, fix }) => [level, fix])).toEqual([
    ['error', expect.stringContaining('npm rebuild @stoprocent/bleno')],
    ['warning', expect.stringContaining('CAP_NET_RAW')],
    ['warning', expect.stringContaining('systemctl disable --now bluetooth')],
    ['note', expect.stringContaining('net.core.rmem_default=4194304')],
  ]);
});

test('an adapter behind a UART needs to be there, and nothing else', async () => {
  const env = { BLUETOOTH_HCI_SOCKET_UART_PORT: '/dev/ttyACM0' };
  const levels = async (files: Readonly<Record<string, string>>, more = {}) =>
    (await findings('ble:', files, works, { env: { ...env, ...more } })).map(({ level }) => level);
  expect(await levels({ '/dev/ttyACM0': '' })).toEqual(['ok', 'ok']);
  expect(await levels({})).toEqual(['ok', 'error']);
  expect(await levels({ '/dev/ttyACM0': '' }, { WAYPOST_BLUETOOTH_PACKAGES: 'abandonware' })).toEqual(['ok', 'error']);
});

const ALL_IS_WELL = {
  '/proc/self/status': 'CapEff:\t0000000000002000\n',
  '/proc/sys/net/core/rmem_default': '4194304\n',
};

test('who serves and seeks is advised to have two adapters, until each role has one', async () => {
  const bluetooth = 'bluetooth:\n  seek: [all]\n  slots: 1\n';
  const one = await findings('ble:', ALL_IS_WELL, works, { bluetooth });
  expect(one.map(({ level, message }) => [level, message])).toEqual([
    ['ok', '@stoprocent/bleno can be loaded.'],
    ['ok', '@stoprocent/noble can be loaded.'],
    ['note', expect.stringContaining('bluetooth.slots is 1')],
    ['note', expect.stringContaining('on one Bluetooth adapter')],
  ]);
  const env = { NOBLE_HCI_DEVICE_ID: '1', BLENO_HCI_DEVICE_ID: '0' };
  const two = await findings('ble:', ALL_IS_WELL, works, { bluetooth: 'bluetooth:\n  seek: [all]\n', env });
  expect(two.map(({ level }) => level)).toEqual(['ok', 'ok']);
});

test('who only seeks needs no bleno', async () => {
  const bluetooth = 'bluetooth:\n  seek: ["did:example:sensor"]\n';
  const found = await findings('serial:/dev/ttyUSB0', ALL_IS_WELL, works, { bluetooth });
  expect(found.map(({ message }) => message)).toContain('@stoprocent/noble can be loaded.');
  expect(found.map(({ message }) => message).join()).not.toContain('bleno');
});

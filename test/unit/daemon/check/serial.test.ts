import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { runChecks } from '../../../../src/daemon/check/run-checks.js';
import { dataFolder } from '../../../../src/daemon/data-folder/layout.js';
import type { Machine } from '../../../../src/daemon/machine.js';
import { fakeMachine, temporaryFolder } from '../support.js';

/** What is said of radios and lines on a machine with `files`, when the gateway is to listen on `path`. */
async function findings(path: string, files: Readonly<Record<string, string>>, overrides: Partial<Machine> = {}) {
  const folder = dataFolder(await temporaryFolder());
  await writeFile(folder.config, `links:\n  listen: [serial:${path}]\n`, { mode: 0o600 });
  const machine = fakeMachine(files, overrides);
  const groups = await runChecks({ machine, folder, env: {}, nowMs: 1_800_000_000_000, passphrase: undefined });
  const lines = groups.find(({ group }) => group === 'Radios and lines')?.findings ?? [];
  return lines.filter(({ message }) => !message.startsWith('Bluetooth'));
}

const BY_ID = '/dev/serial/by-id/usb-FTDI_FT232R_A1-if00-port0';

test('ports are listed, and one that can be used is said to be', async () => {
  expect(await findings(BY_ID, { [BY_ID]: '', '/dev/ttyUSB0': '', '/dev/ttyS4': '' })).toEqual([
    { level: 'ok', message: 'Serial ports: usb-FTDI_FT232R_A1-if00-port0, /dev/ttyUSB0.' },
    { level: 'ok', message: `${BY_ID} can be used.` },
  ]);
});

test('a port that is not there is waited for', async () => {
  const [, finding] = await findings(BY_ID, {});
  expect(finding).toMatchObject({ level: 'warning', message: expect.stringContaining('is not there') });
});

test('a missing permission comes with the command that gives it', async () => {
  const [, finding] = await findings(BY_ID, { [BY_ID]: '' }, { writable: async () => 'no' });
  expect(finding).toMatchObject({ level: 'error', fix: expect.stringContaining('sudo usermod -aG dialout') });
});

test('the console of a Raspberry Pi is no port for devices', async () => {
  const files = { '/dev/serial0': '', '/proc/cmdline': 'console=serial0,115200 console=tty1 root=PARTUUID=1' };
  const [, finding] = await findings('/dev/serial0', files);
  expect(finding).toMatchObject({ level: 'error', message: expect.stringContaining('console') });
  const [, without] = await findings('/dev/serial0', { ...files, '/proc/cmdline': 'console=tty1' });
  expect(without?.level).toBe('ok');
});

test('a name that changes is advised against where there is one that does not', async () => {
  const [, finding] = await findings('/dev/ttyUSB0?baudRate=9600', { [BY_ID]: '', '/dev/ttyUSB0': '' });
  expect(finding).toMatchObject({ level: 'warning', fix: expect.stringContaining(BY_ID.split('/').at(-1) ?? '') });
});

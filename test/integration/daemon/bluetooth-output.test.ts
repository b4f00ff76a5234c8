import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { describePackages } from '../../support/bluetooth/describe-packages.js';
import { beginCommand, buildCommand, testFolder } from '../../support/processes.js';

describePackages('a gateway with Bluetooth', () => {
  test('says one line on standard output and JSON on the other, whatever the packages print', async () => {
    const bin = await buildCommand();
    const args = ['start', '--data', path.join(await testFolder(), 'gateway'), '--log-format', 'json'];
    const links = ['--http', '127.0.0.1:0', '--admin', 'off', '--listen', 'ble:'];
    const gateway = beginCommand(bin, [...args, ...links]);
    // The packages print before the transport learns the state: by then what they had to say was written.
    await vi.waitFor(() => expect(gateway.output().stderr).toContain('ble.adapter'), 15_000);
    await vi.waitFor(() => expect(gateway.output().stdout).toContain('\n'), 15_000);
    gateway.interrupt();
    const { stdout, stderr, code } = await gateway.finished;
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    for (const line of stderr.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('event');
  });
}, ['stoprocent']);

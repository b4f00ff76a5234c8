import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { runChecks } from '../../../../src/daemon/check/run-checks.js';
import { dataFolder } from '../../../../src/daemon/data-folder/layout.js';
import type { Machine } from '../../../../src/daemon/machine.js';
import { hashMqttPassword } from '../../../../transports/index.js';
import { createSelfSigned } from '../../net/self-signed.js';
import { fakeMachine, temporaryFolder } from '../support.js';

/** What is said of MQTT with `mqtt` in the configuration. */
async function findings(mqtt: object, overrides: Partial<Machine> = {}) {
  const folder = dataFolder(await temporaryFolder());
  await writeFile(folder.config, JSON.stringify({ mqtt }), { mode: 0o600 });
  const machine = fakeMachine({}, overrides);
  const groups = await runChecks({ machine, folder, env: {}, nowMs: 1_800_000_000_000, passphrase: undefined });
  return groups.find(({ group }) => group === 'MQTT')?.findings;
}

const listen = ['mqtt://Broker.example/didcomm/gateway/in'];
const answers = { connect: async () => undefined };

test('nothing is said where nothing is on', async () => {
  expect(await findings({})).toEqual([]);
});

test('brokers are asked', async () => {
  expect(await findings({ listen }, answers)).toEqual([
    { level: 'ok', message: 'mqtt://broker.example:1883 answers.' },
  ]);
  expect(await findings({ listen }, { connect: async () => 'ECONNREFUSED' })).toMatchObject([
    { level: 'warning', message: expect.stringContaining('ECONNREFUSED') },
  ]);
});

test('a password in the clear is warned of, and not shown', async () => {
  const brokers = [{ origin: 'mqtt://broker.example:1883', username: 'gateway', password: 'very secret' }];
  const found = await findings({ listen, brokers }, answers);
  expect(found).toMatchObject([{ level: 'ok' }, { level: 'warning', fix: expect.stringContaining('mqtts') }]);
  expect(JSON.stringify(found)).not.toContain('very secret');
  const local = brokers.map((broker) => ({ ...broker, origin: 'mqtt://127.0.0.1:1883' }));
  expect(await findings({ brokers: local }, answers)).toMatchObject([{ level: 'ok' }]);
});

test('a file of authorities that cannot be used is named, before the gateway stumbles over it', async () => {
  const folder = await temporaryFolder();
  const file = async (name: string, content: string) => {
    await writeFile(`${folder}/${name}`, content);
    return `${folder}/${name}`;
  };
  const { cert, key } = createSelfSigned(['broker.example']);
  const withCa = (ca: string) => findings({ brokers: [{ origin: 'mqtts://broker.example:8883', ca }] }, answers);
  expect(await withCa(await file('good', `# our own\n${cert}${cert}`))).toMatchObject([{ level: 'ok' }]);
  const bad: readonly (readonly [string, string])[] = [
    [`${folder}/nothing`, 'is not there'],
    [await file('key', key), 'has no certificate'],
    [await file('damaged', cert.replace(/[A-Za-z]{20}/, 'AAAAAAAAAAAAAAAAAAAA')), 'is damaged'],
  ];
  for (const [ca, why] of bad) {
    const error = { level: 'error', message: expect.stringContaining(why) };
    expect(await withCa(ca), ca).toMatchObject([{ level: 'ok' }, error]);
  }
});

test('an embedded broker that lets nobody in, or everybody listen, is noticed', async () => {
  expect(await findings({ broker: { listen: '127.0.0.1:1883' } })).toMatchObject([{ level: 'error' }]);
  const password = await hashMqttPassword('x');
  const users = [
    { name: 'a', password, publish: ['a/b/in'] },
    { name: 'b', publish: ['a/b/in'] },
    { name: 'c', password },
  ];
  expect(await findings({ broker: { listen: '0.0.0.0:1883', users } })).toMatchObject([
    { level: 'error', message: expect.stringContaining('b has no password') },
    { level: 'warning', message: expect.stringContaining('c may neither') },
    { level: 'note' },
  ]);
});

import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Agent, enrol, fetchFor, textsOf } from '../support/agent.js';
import { buildProgram, type Program, startDaemon } from '../support/daemon.js';
import { describeMosquitto } from '../support/describe-mosquitto.js';
import { type EncryptedMosquitto, startEncryptedMosquitto } from '../support/mosquitto-encrypted.js';
import { rawClient } from '../support/mqtt-raw.js';
import { overHttp } from '../support/over-http.js';
import { testFolder } from '../support/processes.js';

/** The shipped gateway at a broker with TLS, passwords and a certificate that no public authority knows. */
const PASSWORD = 'correct horse';
const TOPIC = 'didcomm/gateway/in';

describeMosquitto('a gateway behind an encrypted broker', () => {
  let program: Program;
  let broker: EncryptedMosquitto;
  beforeAll(async () => {
    program = buildProgram();
    broker = await startEncryptedMosquitto(PASSWORD);
  }, 60_000);
  afterAll(async () => {
    await broker[Symbol.asyncDispose]();
    await program.remove();
  });

  const settings = (scheme: keyof EncryptedMosquitto['origins'], more: object) => ({
    MQTT_LISTEN: `${broker.origins[scheme]}/${TOPIC}`,
    MQTT_BROKERS: JSON.stringify([{ origin: broker.origins[scheme], username: 'gateway', ...more }]),
  });

  test.each(['mqtts', 'mqtt+wss'] as const)(
    'takes a forward by %s, queues it and says that it is there',
    async (scheme) => {
      const folder = await testFolder();
      await using daemon = await startDaemon(program, folder, {
        settings: settings(scheme, { password: PASSWORD, ca: broker.ca }),
      });
      const agent = new Agent();
      await enrol(agent, overHttp(daemon));
      const login = { username: 'gateway', password: PASSWORD, ca: await readFile(broker.ca) };
      await using sender = await rawClient(broker.origins.mqtts, login);
      const forward = await new Agent().packForward('by TLS', agent.did, daemon.did);
      expect(await sender.publish(TOPIC, forward)).toBe(0);
      const arrived = async () => textsOf(agent, await fetchFor(agent, overHttp(daemon)));
      await vi.waitFor(async () => expect(await arrived()).toEqual(['by TLS']), 5000);
      const { stdout } = await program.run('status', '--data', folder);
      expect(stdout).toContain(`${broker.origins[scheme]}/${TOPIC}: connected\n`);
      expect(JSON.stringify(daemon.log) + stdout).not.toContain(PASSWORD);
      expect(await daemon.stop()).toBe(0);
    },
    20_000,
  );

  test.each([
    ['the wrong authority', () => ({ password: PASSWORD, ca: broker.otherCa }), 'its certificate is not accepted'],
    ['no authority', () => ({ password: PASSWORD }), 'its certificate is not accepted'],
    ['the wrong password', () => ({ password: 'a guess', ca: broker.ca }), 'refuses the user name and password'],
  ])(
    'with %s it serves all else, and status and check say what is wrong',
    async (_, more, reason) => {
      const folder = await testFolder();
      await using daemon = await startDaemon(program, folder, { settings: settings('mqtts', more()) });
      const [status, check] = await Promise.all([
        program.run('status', '--data', folder),
        program.run('check', '--data', folder),
      ]);
      expect(status.stdout).toMatch(new RegExp(`not connected: .*${reason}`));
      expect(check.stdout).toMatch(new RegExp(`is not connected: .*${reason}`));
      expect(daemon.log.find(({ event }) => event === 'mqtt.unreachable')?.message).toContain(reason);
      expect(check.stdout + status.stdout + JSON.stringify(daemon.log)).not.toMatch(/a guess|correct horse/);
      expect(await daemon.stop()).toBe(0);
    },
    20_000,
  );

  test('a file of authorities that cannot be read ends it with the name of the file', async () => {
    const folder = await testFolder();
    const start = startDaemon(program, folder, { settings: settings('mqtts', { ca: '/nowhere/ca.pem' }) });
    await expect(start).rejects.toThrow(/ERR_CONFIG.*\/nowhere\/ca.pem.*is not there/);
  }, 20_000);
});

import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { buildProgram, type Daemon, type Program, startDaemon } from '../../support/daemon.js';
import { describeMosquitto } from '../../support/describe-mosquitto.js';
import { type Compose, readCompose } from '../../support/docker/compose.js';
import { freePort, startMosquitto } from '../../support/mosquitto.js';
import { testFolder } from '../../support/processes.js';

/*
 * What the compositions start, as processes of this machine: with their own settings and files, in which only the names of
 * services and the paths inside of containers are replaced.
 */

let program: Program;
beforeAll(() => {
  program = buildProgram();
});
afterAll(() => program.remove());

interface Running {
  readonly data: string;
  readonly daemon: Daemon;
}

/** `origins`: what a host and port in the settings are here. */
async function start(compose: Compose, name: string, origins: Record<string, string>, port = 0): Promise<Running> {
  const data = await testFolder();
  const environment = Object.entries(compose.services[name]?.environment ?? {});
  const settings = environment.map(([variable, value]) => {
    const here = Object.entries(origins).reduce((text, [from, to]) => text.replaceAll(from, to), value);
    return [variable.replace('WAYPOST_', ''), here] as const;
  });
  const daemon = await startDaemon(program, data, { settings: Object.fromEntries(settings), port });
  onTestFinished(() => daemon.kill());
  return { data, daemon };
}

it('the two sites of compose.sites.yaml reach the upstream', async () => {
  const port = await freePort();
  const upstream = await start(
    readCompose('compose.sites.yaml', {}),
    'upstream',
    { 'upstream:8080': `127.0.0.1:${port}` },
    port,
  );
  const id = await program.run('id', '--data', upstream.data);
  const compose = readCompose('compose.sites.yaml', { UPSTREAM: id.stdout.split('\n')[0] ?? '' });
  for (const site of await Promise.all(['north', 'south'].map((name) => start(compose, name, {})))) {
    await expect
      .poll(async () => JSON.parse((await program.run('health', '--data', site.data, '--json')).stdout))
      .toMatchObject({ ready: true, parts: expect.arrayContaining([expect.objectContaining({ detail: 'live' })]) });
  }
});

describeMosquitto('the gateway of compose.yaml', () => {
  it('listens at its broker, with the password and the rights that it has there', async () => {
    const folder = await testFolder();
    const [passwords, acl] = [path.join(folder, 'passwords'), path.join(folder, 'acl')];
    copyFileSync('docker/mosquitto.acl', acl);
    execFileSync('mosquitto_passwd', ['-c', '-b', passwords, 'gateway', 'secret'], { stdio: 'ignore' });
    const lines = readFileSync('docker/mosquitto.conf', 'utf8').replaceAll('/mosquitto/data/passwords', passwords);
    const own = lines.replaceAll('/mosquitto/acl', acl).split('\n');
    await using broker = await startMosquitto(...own.filter((line) => !/^(#|listener|persistence|log_)/.test(line)));

    const compose = readCompose('compose.yaml', { PUBLIC_URL: 'http://192.168.1.20:8080', MQTT_PASSWORD: 'secret' });
    const at = `mqtt://127.0.0.1:${broker.port}`;
    const { data } = await start(compose, 'gateway', { 'mqtt://mosquitto:1883': at, 'mqtt://mosquitto/': `${at}/` });
    await expect
      .poll(async () => JSON.parse((await program.run('status', '--data', data, '--json')).stdout).mqtt)
      .toEqual([expect.objectContaining({ isConnected: true })]);
  });
});

import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createSelfSigned } from '../unit/net/self-signed.js';
import { freePort, type Mosquitto, startMosquitto } from './mosquitto.js';

/** A broker on all four schemes, whose certificate is for `localhost`. */
export interface EncryptedMosquitto extends Mosquitto {
  readonly origins: { readonly [scheme in 'mqtt' | 'mqtts' | 'mqtt+ws' | 'mqtt+wss']: string };
  /** A file with the authority that vouches for it, and one with another of the same name. */
  readonly ca: string;
  readonly otherCa: string;
  /** The certificates in them, in PEM. */
  readonly caPem: string;
  readonly otherCaPem: string;
}

/** `password`: of its only user, `gateway`; nobody else gets in. */
export async function startEncryptedMosquitto(password?: string): Promise<EncryptedMosquitto> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'waypost-tls-'));
  const file = (name: string): string => path.join(folder, name);
  const [own, other] = [createSelfSigned(['localhost']), createSelfSigned(['localhost'])];
  await writeFile(file('key'), own.key);
  await writeFile(file('ca'), own.cert);
  await writeFile(file('other'), other.cert);
  const tls = [`certfile ${file('ca')}`, `keyfile ${file('key')}`];
  const [mqtts, ws, wss] = [await freePort(), await freePort(), await freePort()];
  const access: string[] = [];
  if (password !== undefined) {
    const made = spawnSync('mosquitto_passwd', ['-c', '-b', file('passwords'), 'gateway', password]);
    if (made.status !== 0) throw new Error(`mosquitto_passwd: ${made.error ?? made.stderr}`);
    access.push(`password_file ${file('passwords')}`);
  }
  const mosquitto = await startMosquitto(
    ...access,
    ...[`listener ${mqtts} 127.0.0.1`, ...tls],
    ...[`listener ${ws}`, 'protocol websockets', 'socket_domain ipv4'],
    ...[`listener ${wss}`, 'protocol websockets', 'socket_domain ipv4', ...tls],
  );
  return {
    ...mosquitto,
    origins: {
      mqtt: `mqtt://localhost:${mosquitto.port}`,
      mqtts: `mqtts://localhost:${mqtts}`,
      'mqtt+ws': `mqtt+ws://localhost:${ws}`,
      'mqtt+wss': `mqtt+wss://localhost:${wss}`,
    },
    ca: file('ca'),
    otherCa: file('other'),
    caPem: own.cert,
    otherCaPem: other.cert,
    async [Symbol.asyncDispose]() {
      await mosquitto[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildImage, type Image, runInImage } from '../support/docker/build-image.js';

/** Instead of the image's own ports, which this machine may be using. */
const PORTS = { WAYPOST_HTTP_LISTEN: '127.0.0.1:0', WAYPOST_ADMIN_LISTEN: '127.0.0.1:0', WAYPOST_LOG_FORMAT: 'json' };

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

async function finish(child: ReturnType<typeof runInImage>): Promise<Ended> {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

describe('the image, made without a container engine', () => {
  let folder: string;
  let image: Image;
  const installed = (...names: string[]): string => path.join(image.root, 'opt/waypost/node_modules', ...names);
  const health = (): Promise<Ended> => finish(runInImage(image, image.healthcheck, PORTS));

  beforeAll(async () => {
    if (process.getuid?.() !== 0) throw new Error('only root can give the data folder to the user of the image');
    folder = await mkdtemp(path.join(os.tmpdir(), 'waypost-image-'));
    await chmod(folder, 0o755); // the user of the image is another one
    image = buildImage(folder);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('has the bundle, and neither what is in it nor what only made it', async () => {
    expect(await readdir(installed('waypost'))).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'dist',
      'docs',
      'package.json',
    ]);
    const packages = await readdir(installed());
    for (const name of ['better-sqlite3', 'serialport', '@stoprocent']) expect(packages).toContain(name);
    for (const name of ['undici', 'commander', 'zxing-wasm', 'esbuild', 'vitest']) expect(packages).not.toContain(name);
  });

  it('says whose parts are in the bundle, with their licences', async () => {
    const licences = await readFile(installed('waypost/dist/THIRD-PARTY-LICENSES'), 'utf8');
    for (const name of ['undici', 'commander', '@noble/curves', 'zxing-wasm']) expect(licences).toContain(`\n${name} `);
    expect(licences).toContain('zxing-cpp, Apache-2.0');
  });

  it('starts as its user, is healthy, keeps its data to itself, and ends when it is told to', async () => {
    expect(await health()).toMatchObject({ code: 1 });

    const gateway = runInImage(image, [...image.entrypoint, ...image.command], PORTS);
    const ended = finish(gateway);
    const [line] = await Promise.race([once(createInterface({ input: gateway.stdout }), 'line'), ended.then(failed)]);
    const ready = JSON.parse(String(line));
    expect(ready).toMatchObject({ event: 'gateway.ready' });
    expect(await health()).toMatchObject({ code: 0, output: expect.stringContaining('gateway') });

    const data = await stat(path.join(image.root, 'data'));
    expect([data.uid, data.mode & 0o777]).toEqual([image.uid, 0o700]);
    const invitation = await finish(runInImage(image, [...image.entrypoint, 'invite'], PORTS));
    expect(invitation).toMatchObject({ code: 0, output: expect.stringContaining('_oob=') });

    gateway.kill(image.stopSignal);
    expect(await ended).toMatchObject({ code: 0 });
    expect(await health()).toMatchObject({ code: 1, output: expect.stringContaining('NOT READY') });
  });

  it('reads QR codes and knows serial ports and Bluetooth with what is installed', async () => {
    const load = ["await import('serialport')", "await import('@stoprocent/noble')"].join(';');
    const node = ['node', '--input-type=module', '-e', `${load};console.log('both');process.exit()`];
    const cwd = { ...image, root: installed('waypost') };
    expect(await finish(runInImage(cwd, node))).toMatchObject({ code: 0, output: 'both\n' });
    const demo = await finish(runInImage(image, [...image.entrypoint, 'demo'], {}));
    expect(demo).toMatchObject({ code: 0 });
  });
});

function failed({ code, output }: Ended): never {
  throw new Error(`it ended with ${code}: ${output}`);
}

import { execFileSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '@noble/hashes/sha2.js';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WaypostError } from '../../../src/core/errors.js';
import { type LogFields, type Logger, silentLogger } from '../../../src/core/logger.js';
import { createMemoryPartials } from '../../../src/link/memory-partials.js';
import { createShow } from '../../../src/link/qr-show.js';
import type { Address, Arrival, Channel } from '../../../src/transport/transport.js';
import { createQrTransport, type QrTransportOptions } from '../../../transports/qr/transport.js';
import { within } from '../../conformance/within.js';
import { randomFrom } from '../../crash/random.js';
import { describeFfmpeg } from '../../support/ffmpeg.js';
import { ManualClock } from '../../support/manual-clock.js';
import { pictureReader, realTimers } from '../../support/qr.js';
import { filmOf } from '../../support/qr-film.js';
import { randomBytesOf } from '../../support/random.js';

const reader = pictureReader();
afterAll(() => reader[Symbol.asyncDispose]());

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waypost-qr-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const messageOf = (length: number, seed = length) => randomBytesOf(randomFrom(seed), length);

class RecordingLogger implements Logger {
  readonly events: { event: string; fields: LogFields | undefined }[] = [];
  debug(): void {}
  info(): void {}
  error = (event: string, fields?: LogFields) => void this.events.push({ event, fields });
  warn = (event: string, fields?: LogFields) => void this.events.push({ event, fields });
}

function transportWith(options: Partial<QrTransportOptions> = {}) {
  return createQrTransport({
    reader,
    timers: realTimers,
    random: () => 0,
    logger: silentLogger,
    maxVersion: 30,
    scale: 3,
    ...options,
  });
}

/** The one channel of a listener. */
async function watching(address: Address, options: Partial<QrTransportOptions> = {}) {
  const listener = await transportWith(options).listen(address);
  const { value: channel } = await listener[Symbol.asyncIterator]().next();
  return { channel: channel as Channel, [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose]() };
}

async function nextOf(channel: Channel): Promise<Arrival> {
  const { value } = await within('an arrival', channel[Symbol.asyncIterator]().next(), 15_000);
  return value as Arrival;
}

async function show(message: Uint8Array): Promise<void> {
  await using channel = await transportWith().dial(`qr:pictures:${folder}`);
  await channel.send(message);
}

describe('an address', () => {
  it.each([
    'qr:',
    'qr:terminal:x',
    'qr:pictures:relative',
    'qr:pictures:',
    'qr:pictures:/a%00b',
    'qr:pictures:/%zz',
    'qr:camera:',
    'qr:film:/x',
    'http://x/',
  ] as Address[])('is refused: %s', async (address) => {
    await expect(transportWith().dial(address)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    await expect(transportWith().listen(address)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });

  it('may have any characters in its path, percent-encoded', async () => {
    folder = join(folder, 'a %:ü');
    await mkdir(folder);
    const address: Address = `qr:pictures:${encodeURIComponent(folder)}`;
    await using there = await watching(address);
    await using channel = await transportWith().dial(address);
    await channel.send(messageOf(100));
    expect((await nextOf(there.channel)).bytes).toEqual(messageOf(100));
  });

  it.each(['qr:terminal', 'qr:camera:front', 'qr:stdin', 'qr:pictures:/does/not/exist'] as Address[])(
    'of something that is not there cannot be listened on: %s',
    async (address) => {
      await expect(transportWith().listen(address)).rejects.toMatchObject({ code: 'ERR_LISTEN' });
    },
  );

  it('of something that only shows cannot be dialled', async () => {
    for (const address of ['qr:stdin', 'qr:camera:front', 'qr:terminal'] as Address[]) {
      await expect(transportWith().dial(address)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    }
  });

  it('of pages has a page for each message', async () => {
    await using channel = await transportWith().dial(`qr:pages:${folder}`);
    await channel.send(messageOf(100));
    const name = `${Buffer.from(sha256(messageOf(100)))
      .subarray(0, 8)
      .toString('hex')}.html`;
    expect(await readFile(join(folder, name), 'utf8')).toContain('1 message, 100 bytes, in 1 codes');
  });
});

describe('a folder of pictures', () => {
  it('is read with whatever else is in it, and what is damaged is named in the log', async () => {
    await show(messageOf(5000));
    await symlink('/etc/passwd', join(folder, 'aaa.png'));
    execFileSync('mkfifo', [join(folder, 'aab.png')]);
    await writeFile(join(folder, 'aac.png'), 'no picture');
    await mkdir(join(folder, 'aad.png'));
    const logger = new RecordingLogger();
    await using there = await watching(`qr:pictures:${folder}`, { logger });
    expect((await nextOf(there.channel)).bytes).toEqual(messageOf(5000));
    const skipped = [{ event: 'qr.picture.skipped', fields: { name: join(folder, 'aac.png') } }];
    await expect.poll(() => logger.events).toMatchObject(skipped);
  });

  it('may go away and come back', async () => {
    await using there = await watching(`qr:pictures:${folder}`);
    await rename(folder, `${folder}-away`);
    await rename(`${folder}-away`, folder);
    await show(messageOf(50));
    expect((await nextOf(there.channel)).bytes).toEqual(messageOf(50));
  });

  it('gives a message again that was refused for now, and not one that was refused for good', async () => {
    await using there = await watching(`qr:pictures:${folder}`);
    await show(messageOf(70));
    const refused = await nextOf(there.channel);
    await refused.refuse(new WaypostError('ERR_STORE_FULL', 'for this test', { retryable: true, retryAfterMs: 50 }));
    const again = await nextOf(there.channel);
    expect(again.bytes).toEqual(messageOf(70));
    await again.refuse(new WaypostError('ERR_NOT_ALLOWED', 'for this test'));
    await show(messageOf(71));
    expect((await nextOf(there.channel)).bytes).toEqual(messageOf(71));
  });

  it('need not show what another link holds of a message', async () => {
    const message = messageOf(60_000);
    const partials = await createMemoryPartials({ clock: new ManualClock() });
    const key = { peer: 'serial:/dev/x', hash: sha256(message), lengthBytes: message.length };
    {
      await using partial = await partials.open(key);
      partial.write(0, message.subarray(0, 45_000));
      partial.write(50_000, message.subarray(50_000));
      await partial.checkpoint();
    }
    await show(message);
    const pictures = createShow([message], { maxVersion: 30 }).picturesPerRound;
    const needed = Math.ceil((5000 / 60_000) * pictures) + 1;
    for (const name of (await readdir(folder)).sort().slice(0, -needed - 1)) await rm(join(folder, name));
    await using there = await watching(`qr:pictures:${folder}`, { partials });
    const arrival = await nextOf(there.channel);
    expect(Buffer.from(arrival.bytes).equals(message)).toBe(true);
    expect(partials.usage.partials).toBe(1);
    await arrival.accept();
    expect(partials.usage.partials).toBe(0);
  });
});

describeFfmpeg('a camera', () => {
  const message = messageOf(12_000);
  let film: string;
  /** Plays the film at its own speed, as a camera would. */
  let playing: string[];

  beforeEach(async () => {
    film = join(folder, 'film.mjpeg');
    const input = ['-readrate', '1', '-f', 'mjpeg', '-framerate', '25', '-i', film];
    playing = ['ffmpeg', '-loglevel', 'error', ...input, '-c', 'copy', '-f', 'mjpeg', '-'];
    const filmed = { periods: 20, looksAPeriod: 2, torn: 0.2, pixelsAModule: 4, random: randomFrom(1) };
    await writeFile(film, await filmOf([message], filmed));
  });

  it('is a program that writes JPEG pictures', async () => {
    const cameras = new Map([['front', playing]]);
    await using there = await watching('qr:camera:front', { cameras });
    expect(Buffer.from((await nextOf(there.channel)).bytes).equals(message)).toBe(true);
  });

  it('that ends is started again, and the log says what it said', async () => {
    const logger = new RecordingLogger();
    const script = '"$@"; echo "lens cap is on" >&2; exit 7';
    const cameras = new Map([['front', ['sh', '-c', script, 'sh', ...playing]]]);
    await using there = await watching('qr:camera:front', { cameras, logger });
    const refused = await nextOf(there.channel);
    expect(logger.events).toEqual([]);
    await refused.refuse(new WaypostError('ERR_STORE_FULL', 'for this test', { retryable: true, retryAfterMs: 1 }));
    expect(Buffer.from((await nextOf(there.channel)).bytes).equals(message)).toBe(true);
    await expect
      .poll(() => logger.events[0])
      .toMatchObject({
        event: 'qr.camera.ended',
        fields: { reason: 'exit code 7: "lens cap is on"', waitMs: 250 },
      });
  });

  it('that is not installed cannot be listened on', async () => {
    const cameras = new Map([['front', ['/no/such/program']]]);
    await expect(transportWith({ cameras }).listen('qr:camera:front')).rejects.toMatchObject({ code: 'ERR_LISTEN' });
  });

  it('is ended with its listener', async () => {
    const cameras = new Map([['front', ['sh', '-c', 'echo $$ > "$1"; exec sleep 1000', 'sh', join(folder, 'pid')]]]);
    const there = await watching('qr:camera:front', { cameras });
    await expect.poll(() => readFile(join(folder, 'pid'), 'utf8').catch(() => '')).toMatch(/\d+\n/);
    const pid = Number(await readFile(join(folder, 'pid'), 'utf8'));
    await there[Symbol.asyncDispose]();
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('can write to standard input instead, and no picture is passed over', async () => {
    await using there = await watching('qr:stdin', { stdin: createReadStream(film) });
    const arrival = await nextOf(there.channel);
    expect(Buffer.from(arrival.bytes).equals(message)).toBe(true);
    const { done } = await within('the end', there.channel[Symbol.asyncIterator]().next(), 15_000);
    expect(done).toBe(true);
  });
});

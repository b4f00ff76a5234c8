import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openPartialFiles } from '../../src/link/node/partial-files.js';
import { CHECKPOINT_BYTES } from '../../src/link/partial-store.js';
import { RangeSet } from '../../src/link/ranges.js';
import { RUN_TYPESCRIPT } from '../support/store-worker.js';
import type { LinkPeerOptions } from './link-peer.js';
import { LinkRelay } from './link-relay.js';
import { chooseSeed, randomFrom } from './random.js';

const MESSAGE_BYTES = 1024 * 1024;
const DISCONNECTS = 20;
const KILLS = 3;

type Trouble = 'disconnect' | 'kill the sender' | 'kill the receiver';

it('sends 1 MiB through 20 disconnects and 3 kills of each side, and no byte again that was recorded', async ({
  annotate,
}) => {
  const seed = chooseSeed();
  await annotate(`WAYPOST_SEED=${seed}`);
  const random = randomFrom(seed);
  const folder = await mkdtemp(join(tmpdir(), 'waypost-link-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const [relayPort, receiverPort] = [await freePort(), await freePort()];
  const message = Uint8Array.from({ length: MESSAGE_BYTES }, () => Math.floor(random() * 256));
  const messagePath = join(folder, 'message');
  const eventsPath = join(folder, 'events');
  await writeFile(messagePath, message);
  await writeFile(eventsPath, '');

  const relay = new LinkRelay(relayPort, receiverPort);
  onTestFinished(() => relay.close());
  const optionsOf = (role: LinkPeerOptions['role']): LinkPeerOptions => ({
    role,
    port: role === 'sender' ? relayPort : receiverPort,
    messagePath,
    eventsPath,
    partialsFolder: join(folder, role),
  });
  let receiver = await startReceiver(optionsOf('receiver'));
  let sender = start(optionsOf('sender'));

  const costs: number[] = [];
  const afterKilledReceiver = async () => {
    await receiver.ended;
    // What is on the disk now is what counts: it must never be sent again, and hardly anything may be missing.
    const durable = await durableRanges(join(folder, 'receiver'), message);
    const before = relay.received.sizeBytes;
    for (const { start, end } of durable.gaps(0, MESSAGE_BYTES)) relay.received.remove(start, end);
    costs.push(before - relay.received.sizeBytes);
    for (const { start, end } of durable) relay.received.add(start, end);
    receiver = await startReceiver(optionsOf('receiver'));
  };

  const troubles = shuffled<Trouble>(
    [
      ...Array<Trouble>(DISCONNECTS).fill('disconnect'),
      ...Array<Trouble>(KILLS).fill('kill the sender'),
      ...Array<Trouble>(KILLS).fill('kill the receiver'),
    ],
    random,
  );
  for (const [i, trouble] of troubles.entries()) {
    await relay.reaches(
      relay.sentBytes + (MESSAGE_BYTES - relay.received.sizeBytes) / (troubles.length - i + 1),
      () => {
        if (trouble === 'kill the sender') sender.kill();
        if (trouble === 'kill the receiver') receiver.kill();
        relay.cut();
      },
    );
    if (trouble === 'kill the receiver') await afterKilledReceiver();
    if (trouble === 'kill the sender') {
      await sender.ended;
      sender = start(optionsOf('sender'));
    }
  }

  expect(await sender.ended).toBe(0);
  const hash = createHash('sha256').update(message).digest('hex');
  expect((await readFile(eventsPath, 'utf8')).split('\n').slice(0, -1)).toEqual([`received ${hash}`, 'sent']);
  expect({ sentAgain: relay.sentAgainBytes, forgotten: relay.forgottenBytes }).toEqual({ sentAgain: 0, forgotten: 0 });
  expect(Math.max(...costs)).toBeLessThanOrEqual(CHECKPOINT_BYTES);
  expect(relay.sessions).toBeGreaterThan(DISCONNECTS);
  // The receiver may tell the sender before it has cleared up.
  await expect.poll(async () => (await openStore(join(folder, 'receiver'))).usage.partials).toBe(0);
  await annotate(
    `${relay.sentBytes} bytes sent for ${MESSAGE_BYTES}; the kills of the receiver cost ${costs.join(', ')}`,
  );
}, 120_000);

interface Peer {
  readonly listening: Promise<unknown>;
  readonly ended: Promise<number | null>;
  /** kill -9 */
  kill(): void;
}

function start(options: LinkPeerOptions): Peer {
  const child = spawn(process.execPath, [...RUN_TYPESCRIPT, resolve('test/crash/link-peer.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify(options));
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return {
    listening: once(child.stdout, 'data'),
    ended: once(child, 'close').then(([code]) => code as number | null),
    kill: () => void child.kill('SIGKILL'),
  };
}

async function startReceiver(options: LinkPeerOptions): Promise<Peer> {
  const peer = start(options);
  await peer.listening;
  return peer;
}

const openStore = (folder: string) => openPartialFiles({ folder, clock: { nowMs: () => Date.now() } });

/** What lies on the disk of the message, and that it is right. */
async function durableRanges(folder: string, message: Uint8Array): Promise<RangeSet> {
  const parts = await (await openStore(folder)).findByHash(createHash('sha256').update(message).digest());
  const pieces = (await Promise.all(parts.map((part) => part.read()))).flat();
  for (const { offset, bytes } of pieces) {
    expect(Buffer.from(bytes).equals(message.subarray(offset, offset + bytes.length))).toBe(true);
  }
  return new RangeSet(pieces.map(({ offset, bytes }) => ({ start: offset, end: offset + bytes.length })));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items.map((item) => ({ item, key: random() })).sort((a, b) => a.key - b.key).map(({ item }) => item); // biome-ignore format: one line
}

import { mkdir, readdir, rename, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { type ErrorCode, WaypostError } from '../../../src/core/errors.js';
import type { Address, Arrival } from '../../../src/transport/transport.js';
import { createFileTransport, type FileTransportOptions } from '../../../transports/file/transport.js';
import { newFolder } from './file-support.js';

const addressOf = (folder: string): Address => pathToFileURL(folder).href as Address;

/** Listens, and gives arrivals one by one. */
async function listen(folder: string, options: FileTransportOptions = {}) {
  const skipped: ErrorCode[] = [];
  const transport = createFileTransport({
    ...options,
    limits: { scanEveryMs: 5, ...options.limits },
    onSkipped: ({ code }) => skipped.push(code),
  });
  const listener = await transport.listen(addressOf(folder));
  onTestFinished(async () => void (await listener[Symbol.asyncDispose]()));
  const { value: channel } = await listener[Symbol.asyncIterator]().next();
  const arrivals = channel[Symbol.asyncIterator]();
  const next = async (): Promise<Arrival> => (await arrivals.next()).value;
  return { next, skipped, listener, channel };
}

test('what is accepted is removed, what is refused for good is set aside', async () => {
  const folder = await newFolder();
  await writeFile(path.join(folder, '1--good.dcem'), 'good');
  await writeFile(path.join(folder, '2--bad.dcpm'), 'bad');
  const { next } = await listen(folder);
  const good = await next();
  expect(good).toMatchObject({ mediaType: 'application/didcomm-encrypted+json' });
  await good.accept();
  const bad = await next();
  expect(bad).toMatchObject({ mediaType: 'application/didcomm-plain+json' });
  await bad.refuse(new WaypostError('ERR_NOT_ALLOWED', 'for this test'));
  expect(await readdir(folder)).toEqual(['2--bad.dcpm.refused']);
});

test('what is refused for now comes again, and nothing is lost that was not settled', async () => {
  const folder = await newFolder();
  await writeFile(path.join(folder, '1--m.dcem'), 'm');
  const first = await listen(folder, { limits: { retryAfterMs: 10 } });
  await (await first.next()).refuse(new WaypostError('ERR_STORE_FULL', 'for this test', { retryable: true }));
  expect(Buffer.from((await first.next()).bytes).toString()).toBe('m');
  await first.listener[Symbol.asyncDispose]();
  expect(await readdir(folder)).toEqual(['1--m.dcem']);
  const second = await listen(folder);
  await (await second.next()).accept();
  expect(await readdir(folder)).toEqual([]);
});

test('a file that cannot be a message is reported once, and holds up nobody', async () => {
  const folder = await newFolder();
  await symlink('/etc/passwd', path.join(folder, '1--link.dcem'));
  await writeFile(path.join(folder, '2--large.dcem'), 'x'.repeat(101));
  await writeFile(path.join(folder, '3--m.dcem'), 'm');
  const { next, skipped } = await listen(folder, { limits: { maxMessageBytes: 100 } });
  await (await next()).accept();
  await writeFile(path.join(folder, '4--n.dcem'), 'n');
  await (await next()).accept();
  expect(skipped).toEqual(['ERR_FILE_REFUSED', 'ERR_TOO_LARGE']);
});

test('a folder may go and come back, as a stick does', async () => {
  const folder = path.join(await newFolder(), 'stick');
  await mkdir(folder);
  const { next, skipped } = await listen(folder);
  await rename(folder, `${folder}-away`);
  await expect.poll(() => skipped).toEqual(['ERR_MEDIUM']);
  await writeFile(path.join(`${folder}-away`, '1--m.dcem'), 'm');
  await rename(`${folder}-away`, folder);
  await (await next()).accept();
  expect(await readdir(folder)).toEqual([]);
});

test('nothing is written where nobody allowed it, and nothing into a folder that messages come from', async () => {
  const folder = await newFolder();
  const other = await newFolder();
  const transport = createFileTransport({ mayWrite: (path) => path === folder });
  const refused = { code: 'ERR_ADDRESS_REFUSED', retryable: false };
  await expect(transport.dial(addressOf(other))).rejects.toMatchObject(refused);
  await expect(transport.dial(`file://elsewhere${folder}`)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  const channel = await transport.dial(addressOf(folder));
  await channel.send(Buffer.from('m'));
  await channel[Symbol.asyncDispose]();
  expect(await readdir(folder)).toHaveLength(1);
  const { channel: inbound } = await listen(other);
  await expect(inbound.send(Buffer.from('m'))).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
});

test('a folder that is not there cannot be listened to', async () => {
  const transport = createFileTransport();
  const missing = path.join(await newFolder(), 'none');
  await expect(transport.listen(addressOf(missing))).rejects.toMatchObject({ code: 'ERR_LISTEN' });
});

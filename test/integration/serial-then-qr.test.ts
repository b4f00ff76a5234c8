import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '@noble/hashes/sha2.js';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { silentLogger } from '../../src/core/logger.js';
import { withResolvers } from '../../src/core/with-resolvers.js';
import { openPartialFiles } from '../../src/link/node/partial-files.js';
import type { PartialStore } from '../../src/link/partial-store.js';
import { createShow } from '../../src/link/qr-show.js';
import type { Arrival, Listener } from '../../src/transport/transport.js';
import { createQrTransport } from '../../transports/qr/transport.js';
import { within } from '../conformance/within.js';
import { randomFrom } from '../crash/random.js';
import { canMakePtys, openTestLine } from '../support/pty-lines.js';
import { pictureReader, realTimers } from '../support/qr.js';
import { randomBytesOf } from '../support/random.js';
import { serialTransport } from '../support/serial-transport.js';

const MESSAGE_BYTES = 120_000;
/** The line falls silent for good when so much has gone over it towards the gateway. */
const LINE_BYTES = 90_000;
const SHOW = { maxVersion: 30, scale: 3 };

const reader = pictureReader();
afterAll(() => reader[Symbol.asyncDispose]());

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'waypost-serial-qr-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function firstArrival(listener: Listener): Promise<Arrival> {
  for await (const channel of listener) for await (const arrival of channel) return arrival;
  throw new Error('the listener ended');
}

describe.skipIf(!canMakePtys())('a message that was begun on a serial line', () => {
  test('is finished by QR codes, which show only what is missing, after a restart', async () => {
    const message = randomBytesOf(randomFrom(7), MESSAGE_BYTES);
    const [partialsFolder, pictures] = [await temporaryFolder(), await temporaryFolder()];
    const openPartials = () => openPartialFiles({ folder: partialsFolder, clock: { nowMs: () => Date.now() } });

    await beginOnSerial(message, await openPartials());
    await using partials = await openPartials(); // what a restarted process finds
    const [part] = await partials.findByHash(sha256(message));
    const heldBytes = part?.held.sizeBytes ?? 0;
    expect(heldBytes).toBeGreaterThan(LINE_BYTES / 2);
    expect(heldBytes).toBeLessThan(MESSAGE_BYTES);

    const qr = createQrTransport({
      reader,
      timers: realTimers,
      random: () => 0,
      logger: silentLogger,
      partials,
      ...SHOW,
    });
    await using shown = await qr.dial(`qr:pictures:${pictures}`);
    await shown.send(message);
    // A code is needed where one byte of it is missing: one more at each edge of what is held.
    const gaps = [...(part?.held.gaps(0, MESSAGE_BYTES) ?? [])];
    const needed =
      Math.ceil((1 - heldBytes / MESSAGE_BYTES) * createShow([message], SHOW).picturesPerRound) + 2 * gaps.length;
    for (const name of (await readdir(pictures)).sort().slice(0, -needed)) await rm(join(pictures, name));

    await using listener = await qr.listen(`qr:pictures:${pictures}`);
    const arrival = await within('the message', firstArrival(listener), 20_000);
    expect(Buffer.from(arrival.bytes).equals(message)).toBe(true);
    await arrival.accept();
    expect(partials.usage.partials).toBe(0);
  }, 60_000);
});

/** Sends until the line goes dead, and leaves what arrived in `partials`, which it closes. */
async function beginOnSerial(message: Uint8Array, partials: PartialStore): Promise<void> {
  let passedBytes = 0;
  const dead = withResolvers<void>();
  await using line = await openTestLine(undefined, {
    intercept: (bytes, next) => {
      passedBytes += bytes.length;
      if (passedBytes <= LINE_BYTES) next(bytes);
      else dead.resolve();
    },
  });
  const gateway = await serialTransport(MESSAGE_BYTES, { partials });
  const device = await serialTransport(MESSAGE_BYTES);
  const [gatewayEnd, deviceEnd] = line.addresses;
  const listener = await gateway.listen(gatewayEnd);
  const taking = firstArrival(listener);
  taking.catch(() => undefined); // nothing ever arrives whole
  const channel = await device.dial(deviceEnd);
  const sending = channel.send(message);
  sending.catch(() => undefined);
  await within('the end of the line', dead.promise, 20_000);
  await listener[Symbol.asyncDispose]();
  await channel[Symbol.asyncDispose]();
  await partials[Symbol.asyncDispose]();
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { silentLogger } from '../../../src/core/logger.js';
import type { PictureReader } from '../../../transports/qr/picture-reader.js';
import { createQrTransport } from '../../../transports/qr/transport.js';
import { describeTransport } from '../../conformance/transport.js';
import type { TransportFixture } from '../../conformance/transport-connection.js';
import { pictureReader, realTimers } from '../../support/qr.js';

/* Through real pictures: one side writes PNG files into a folder, the other watches it. */

const reader = pictureReader();
afterAll(() => reader[Symbol.asyncDispose]());

async function qrFixture(shared: PictureReader): Promise<TransportFixture> {
  const folder = await mkdtemp(join(tmpdir(), 'waypost-qr-'));
  const transport = createQrTransport({
    reader: shared,
    timers: realTimers,
    random: Math.random,
    logger: silentLogger,
    // The largest codes, and small pictures of them: 25 for the longest message.
    maxVersion: 40,
    scale: 3,
    maxMessageBytes: 71_000,
  });
  return {
    transport,
    listenAddress: `qr:pictures:${folder}`,
    deadAddress: `qr:pictures:${folder}/nowhere`,
    patienceMs: 10_000,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

describeTransport('qr', { dial: true, listen: true, acknowledged: false, duplex: false }, () => qrFixture(reader));

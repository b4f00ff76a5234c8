import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { qrCodes, transports } from '../../../transports/index.js';
import { WaypostError } from '../../core/errors.js';
import { silentLogger } from '../../core/logger.js';
import { createScheduler } from '../../core/scheduler.js';
import { createTimers } from '../../transport/timers.js';
import type { Address } from '../../transport/transport.js';
import { programUrl } from '../program-url.js';
import type { Cleanup } from '../run/cleanup.js';
import type { DeviceMedium, MediumOptions } from './medium.js';

/** A device that writes message files, as onto a stick. */
export async function openFileMedium(options: MediumOptions): Promise<DeviceMedium> {
  const folder = await ownFolder(options);
  const transport = await transports.file({ mayWrite: (wanted) => wanted === folder });
  const address = pathToFileURL(folder).href as Address;
  return {
    isOneWay: true,
    instructions: [
      `Messages are written into ${folder}. Take them into the gateway with:`,
      `  waypost import ${folder}`,
    ],
    dial: (abort) => transport.dial(address, abort),
  };
}

/** A device with a display: each message is a row of pictures in a folder of its own. */
export async function openQrMedium(options: MediumOptions, cleanup: Cleanup): Promise<DeviceMedium> {
  const folder = await ownFolder(options);
  const scheduler = createScheduler();
  // For listening; a device only shows, and the thread that reads is never started.
  const worker = { url: programUrl('qr-pictures', '../../transports/qr/picture-worker.ts') };
  const transport = await transports.qr({
    reader: cleanup.use(await qrCodes.createReader({ worker, scheduler })),
    timers: createTimers(scheduler, () => performance.now()),
    random: Math.random,
    logger: silentLogger,
  });
  const address: Address = `qr:pictures:${encodeURI(folder)}`;
  return {
    isOneWay: true,
    instructions: [`Pictures of QR codes are written into ${folder}.`],
    dial: (abort) => transport.dial(address, abort),
  };
}

async function ownFolder({ folder, profile, transport }: MediumOptions): Promise<string> {
  if (profile !== undefined) throw new WaypostError('ERR_USAGE', '--profile is of a simulated serial line');
  if (folder === undefined) throw new WaypostError('ERR_USAGE', `${transport} needs a folder: --folder DIR`);
  const absolute = path.resolve(folder);
  await mkdir(absolute, { recursive: true });
  return absolute;
}

import { type PictureReader, qrCodes, transports } from '../../../transports/index.js';
import type { Logger } from '../../core/logger.js';
import { createScheduler } from '../../core/scheduler.js';
import type { PartialStore } from '../../link/partial-store.js';
import { createTimers } from '../../transport/timers.js';
import type { Transport } from '../../transport/transport.js';
import { programUrl } from '../program-url.js';

export interface QrOptions {
  readonly reader: PictureReader;
  readonly cameras: readonly { readonly name: string; readonly command: readonly string[] }[];
  readonly maxMessageBytes: number;
  readonly partials: PartialStore;
  readonly logger: Logger;
}

/** Finds QR codes in pictures, in a thread of this process. */
export function openPictureReader(): Promise<PictureReader> {
  const worker = { url: programUrl('qr-pictures', '../../transports/qr/picture-worker.ts') };
  return qrCodes.createReader({ worker, scheduler: createScheduler() });
}

/** The transport of animated QR codes, for this process. */
export function openQr({ cameras, ...options }: QrOptions): Promise<Transport> {
  const commands = new Map(cameras.map(({ name, command }) => [name, command]));
  const timers = createTimers(createScheduler(), () => performance.now());
  return transports.qr({ ...options, cameras: commands, timers, random: Math.random });
}

import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { PictureLimits } from '../../src/core/picture.js';
import { createScheduler } from '../../src/core/scheduler.js';
import type { Timers } from '../../src/transport/reconnect.js';
import { createPictureReader, type PictureReader } from '../../transports/qr/picture-reader.js';
import { RUN_TYPESCRIPT } from './store-worker.js';

/** The thread that reads pictures, from the sources. */
export function pictureReader(limits: Partial<PictureLimits> & { readonly timeoutMs?: number } = {}): PictureReader {
  const worker = { url: pathToFileURL(resolve('transports/qr/picture-worker.ts')), execArgv: RUN_TYPESCRIPT };
  const { timeoutMs = 20_000, ...pictureLimits } = limits;
  return createPictureReader({ worker, scheduler: createScheduler(), limits: pictureLimits, timeoutMs });
}

export const realTimers: Timers = {
  now: () => performance.now(),
  sleep: async (ms, signal) => {
    await sleep(ms, undefined, { signal });
  },
};

import type { PictureReader } from '../../../../transports/index.js';
import type { Scheduler } from '../../../core/scheduler.js';
import { openPictureReader } from '../../run/qr.js';

/** Finds QR codes in pictures that somebody uploads. */
export interface Pictures extends AsyncDisposable {
  /** The texts of the codes in a PNG or JPEG. Throws ERR_PICTURE, ERR_TOO_LARGE. */
  read(picture: Uint8Array): Promise<readonly string[]>;
}

/** The reader has a thread and some 20 MB: it is let go of when nobody needed it for so long. */
const IDLE_MS = 30_000;

export function createPictures(scheduler: Scheduler): Pictures {
  let reader: Promise<PictureReader> | undefined;
  let cancel = (): void => {};
  const close = async (): Promise<void> => {
    cancel();
    const closed = reader;
    reader = undefined;
    await (await closed)?.[Symbol.asyncDispose]();
  };
  return {
    async read(picture) {
      cancel();
      reader ??= openPictureReader();
      try {
        return await (await reader).read(picture);
      } finally {
        cancel();
        cancel = scheduler.after(IDLE_MS, () => void close());
      }
    },
    [Symbol.asyncDispose]: close,
  };
}

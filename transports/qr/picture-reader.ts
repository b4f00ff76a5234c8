import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { plainBytes } from '../../src/core/bytes.js';
import { type ErrorCode, WaypostError } from '../../src/core/errors.js';
import { Mutex } from '../../src/core/mutex.js';
import { checkPicture, DEFAULT_PICTURE_LIMITS, type PictureLimits } from '../../src/core/picture.js';
import type { Scheduler } from '../../src/core/scheduler.js';
import { channelClosed } from '../../src/transport/arrival.js';

/** Finds QR codes. */
export interface PictureReader extends AsyncDisposable {
  /**
   * The texts of the QR codes in a PNG or JPEG, none when there are none. One picture at a time; further calls wait.
   * Throws ERR_PICTURE for what is no picture, is damaged or takes too long, ERR_TOO_LARGE, and ERR_CHANNEL_CLOSED.
   */
  read(picture: Uint8Array): Promise<readonly string[]>;
}

export interface PictureReaderOptions {
  /** `picture-worker.ts` of this folder, bundled as an entry of its own or, with options of Node, as it is. */
  readonly worker: { readonly url: URL; readonly execArgv?: readonly string[] };
  readonly scheduler: Scheduler;
  readonly limits?: Partial<PictureLimits>;
  /** After this the picture is given up. Default 10 s: on the slowest machines a picture takes one. */
  readonly timeoutMs?: number;
}

/** What the thread says of a picture. */
export type PictureAnswer =
  | { readonly texts: readonly string[] }
  | { readonly code: ErrorCode; readonly message: string };

/** Reads pictures in a thread of its own, which is started for the first one. */
export function createPictureReader(options: PictureReaderOptions): PictureReader {
  const limits = { ...DEFAULT_PICTURE_LIMITS, ...options.limits };
  const turns = new Mutex();
  let worker: Worker | undefined;

  let isClosed = false;

  const stop = async () => {
    const stopped = worker;
    worker = undefined;
    await stopped?.terminate();
  };

  return {
    async read(picture) {
      checkPicture(picture, limits);
      return await turns.run(async () => {
        if (isClosed) throw channelClosed('the reader of pictures is closed');
        worker ??= startWorker(options.worker);
        const answer = await ask(worker, picture, options);
        if (answer === undefined) {
          await stop();
          throw new WaypostError('ERR_PICTURE', 'a picture could not be read, or not in time');
        }
        if ('code' in answer) throw new WaypostError(answer.code, answer.message);
        return answer.texts;
      });
    },
    async [Symbol.asyncDispose]() {
      isClosed = true;
      await stop();
    },
  };
}

function startWorker({ url, execArgv }: PictureReaderOptions['worker']): Worker {
  const worker = new Worker(url, { name: 'qr pictures', ...(execArgv && { execArgv: [...execArgv] }) });
  // Whoever waits for an answer learns of it; an error without a listener would end the process.
  worker.on('error', () => undefined);
  // A process that has nothing else to do need not wait for it.
  worker.unref();
  return worker;
}

/** Undefined when the thread died of the picture, or took too long for it. */
async function ask(
  worker: Worker,
  picture: Uint8Array,
  { scheduler, timeoutMs = 10_000 }: PictureReaderOptions,
): Promise<PictureAnswer | undefined> {
  const enough = new AbortController();
  const cancel = scheduler.after(timeoutMs, () => enough.abort());
  const end = () => enough.abort();
  worker.once('exit', end);
  worker.ref();
  try {
    const answered = once(worker, 'message', { signal: enough.signal });
    // A copy of its own: sending a view would send all of the memory behind it.
    const copy = plainBytes(picture).slice();
    worker.postMessage(copy, [copy.buffer]);
    const [answer] = await answered;
    return answer as PictureAnswer;
  } catch {
    return undefined;
  } finally {
    cancel();
    worker.off('exit', end);
    worker.unref();
  }
}

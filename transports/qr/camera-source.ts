import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { quote, WaypostError } from '../../src/core/errors.js';
import type { Logger } from '../../src/core/logger.js';
import { withResolvers } from '../../src/core/with-resolvers.js';
import { Backoff, type Timers } from '../../src/transport/reconnect.js';
import type { EncodedPicture, PictureSource } from './source.js';
import { picturesOf } from './stream-source.js';

export interface CameraSourceOptions {
  /** The program and its arguments, which write JPEG pictures to stdout. No shell is between. */
  readonly command: readonly string[];
  readonly timers: Timers;
  readonly random: () => number;
  readonly logger: Logger;
  readonly maxPictureBytes: number;
}

type Camera = ChildProcessByStdio<null, Readable, Readable>;

const BACKOFF = { initialMs: 500, maxMs: 30_000 };
/** A program that ran this long had started well: the next wait is a short one again. */
const STABLE_AFTER_MS = 10_000;
/** After it has closed its output. */
const TIME_TO_EXIT_MS = 1000;
const KEPT_OF_STDERR = 2000;

/**
 * The pictures of a program that watches through a camera, the newest first of all: while one is being read, those that
 * come and are replaced by newer ones are passed over. A program that ends is started again, after a growing wait, and the
 * log says what it said. Throws ERR_LISTEN when it cannot be started at all, as when there is no such program.
 */
export async function openCameraSource(options: CameraSourceOptions): Promise<PictureSource> {
  const first = await start(options.command);
  const newest = new Newest<EncodedPicture>();
  const closing = new AbortController();
  const ended = watch(first, options, newest, closing.signal).finally(() => newest.end());
  return {
    [Symbol.asyncIterator]: () => newest.take(),
    async [Symbol.asyncDispose]() {
      closing.abort();
      await ended;
    },
  };
}

/** Runs the program over and over, until the signal aborts. */
async function watch(
  first: Camera,
  { command, timers, random, logger, maxPictureBytes }: CameraSourceOptions,
  newest: Newest<EncodedPicture>,
  signal: AbortSignal,
): Promise<void> {
  const backoff = new Backoff({ ...BACKOFF, random });
  for (let camera: Camera | undefined = first; !signal.aborted; camera = undefined) {
    const startedAtMs = timers.now();
    let reason: string;
    try {
      camera ??= await start(command);
      reason = await follow(camera, newest, maxPictureBytes, timers, signal);
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
    }
    if (signal.aborted) return;
    if (timers.now() - startedAtMs >= STABLE_AFTER_MS) backoff.reset();
    const waitMs = backoff.nextMs();
    logger.warn('qr.camera.ended', { reason, waitMs: Math.round(waitMs) });
    await timers.sleep(waitMs, signal).catch(() => undefined);
  }
}

async function start([program = '', ...args]: readonly string[]): Promise<Camera> {
  try {
    const camera = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    await once(camera, 'spawn');
    // From here on it is its end that counts.
    camera.on('error', () => undefined);
    return camera;
  } catch (cause) {
    throw new WaypostError('ERR_LISTEN', `the camera program ${quote(program)} cannot be started`, { cause });
  }
}

/** Gives what the program writes until it ends, or ends it when the signal aborts. Gives why it ended. */
async function follow(
  camera: Camera,
  newest: Newest<EncodedPicture>,
  maxPictureBytes: number,
  timers: Timers,
  signal: AbortSignal,
): Promise<string> {
  const kill = () => camera.kill('SIGKILL');
  if (signal.aborted) kill();
  signal.addEventListener('abort', kill, { once: true });
  let said = '';
  camera.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-KEPT_OF_STDERR);
  });
  const exited = once(camera, 'close').catch(() => undefined);
  try {
    for await (const picture of picturesOf(camera.stdout, maxPictureBytes)) newest.put(picture);
    await Promise.race([exited, timers.sleep(TIME_TO_EXIT_MS, signal)]);
  } finally {
    signal.removeEventListener('abort', kill);
    kill(); // one that closed its output is of no use any more
  }
  await exited;
  const lastLine = said.trimEnd().split('\n').at(-1) ?? '';
  return `exit code ${camera.exitCode ?? camera.signalCode ?? 'unknown'}: ${quote(lastLine, 200)}`;
}

/** Room for one: what comes later replaces what nobody has taken. */
class Newest<T> {
  #item: T | undefined;
  #isEnded = false;
  #change = withResolvers<void>();

  put(item: T): void {
    this.#item = item;
    this.#wake();
  }

  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  async *take(): AsyncGenerator<T, void, undefined> {
    while (!this.#isEnded) {
      const item = this.#item;
      this.#item = undefined;
      if (item !== undefined) yield item;
      else await this.#change.promise;
    }
  }

  #wake(): void {
    this.#change.resolve();
    this.#change = withResolvers();
  }
}

import { QrReceiver } from '../../../link/qr-receiver.js';
import { createShow, type Picture } from '../../../link/qr-show.js';
import { fetchOffered, fetchQueues } from './api.js';

/*
 * Messages as animated QR codes, by the codec of `waypost export --qr`. It is drawn and read here, so that showing a picture ten
 * times a second costs the gateway nothing. Loaded when somebody asks for it.
 */

/** In one animation: at ten codes a second a camera looks at this for some three minutes. */
const MAX_SHOWN_BYTES = 1024 * 1024;
const MAX_HELD_BYTES = 16 * 1024 * 1024;
const MAX_REMEMBERED = 10_000;
const QUEUES = 1000;
/** On a small screen the modules of larger codes are too small for a camera. */
const SMALL_SCREEN_PIXELS = 600;
const LARGEST_VERSION = { small: 12, large: 20 };

export interface Animation {
  readonly messages: number;
  readonly bytes: number;
  /** Pictures that a camera that misses none needs. */
  readonly picturesPerRound: number;
  /** Modules on a side of a picture, the quiet zone included. */
  readonly side: number;
  next(): Picture['modules'];
}

/** What waits, for one destination or for all; undefined when nothing does. Throws when it is too much for QR codes. */
export async function createAnimation(destination: string | undefined): Promise<Animation | undefined> {
  const messages: Uint8Array[] = [];
  let bytes = 0;
  const destinations = destination === undefined ? await allDestinations() : [destination];
  for (const each of destinations) {
    for await (const message of waitingFor(each)) {
      bytes += message.length;
      if (bytes > MAX_SHOWN_BYTES) throw new Error(`More than ${MAX_SHOWN_BYTES} bytes wait: too much for QR codes.`);
      messages.push(message);
    }
  }
  if (messages.length === 0) return undefined;
  const screen = innerWidth < SMALL_SCREEN_PIXELS ? 'small' : 'large';
  const show = createShow(messages, { maxVersion: LARGEST_VERSION[screen] });
  const pictures = show.pictures();
  const first = pictures.next();
  if (first.done === true) return undefined;
  let last = first.value.modules;
  return {
    messages: messages.length,
    bytes,
    picturesPerRound: show.picturesPerRound,
    side: last.length,
    next() {
      const shown = last;
      const following = pictures.next();
      if (following.done !== true) last = following.value.modules;
      return shown;
    },
  };
}

/** Puts messages together from the texts of codes, in whatever order they come. */
export function createReceiver(): QrReceiver {
  return new QrReceiver({
    maxMessageBytes: MAX_SHOWN_BYTES,
    maxHeldBytes: MAX_HELD_BYTES,
    maxRemembered: MAX_REMEMBERED,
  });
}

async function allDestinations(): Promise<readonly string[]> {
  return (await fetchQueues(QUEUES)).map(({ destination }) => destination);
}

async function* waitingFor(destination: string): AsyncGenerator<Uint8Array> {
  for (let after: string | undefined; ; ) {
    const page = await fetchOffered(destination, after);
    for (const { content } of page) yield content;
    after = page.at(-1)?.id;
    if (after === undefined) return;
  }
}

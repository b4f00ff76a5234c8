import type { Readable } from 'node:stream';
import { quote, WaypostError } from '../../src/core/errors.js';
import type { Logger } from '../../src/core/logger.js';
import { DEFAULT_PICTURE_LIMITS } from '../../src/core/picture.js';
import type { PartialStore } from '../../src/link/partial-store.js';
import { MAX_FRAMED_MESSAGE_BYTES } from '../../src/link/qr-frame.js';
import type { Timers } from '../../src/transport/reconnect.js';
import type { AbortOptions, Address, Channel, Listener, Transport } from '../../src/transport/transport.js';
import { parseQrAddress, type QrPlace } from './address.js';
import { openCameraSource } from './camera-source.js';
import { openFolderSource } from './folder-source.js';
import { InboundChannel } from './inbound-channel.js';
import { OutboundChannel } from './outbound-channel.js';
import { writePages } from './page.js';
import { type PictureFilesOptions, writePictures } from './picture-files.js';
import type { PictureReader } from './picture-reader.js';
import type { PictureSource } from './source.js';
import { createStreamSource } from './stream-source.js';
import { showOnTerminal, type Terminal } from './terminal.js';

export interface QrTransportOptions
  extends Pick<PictureFilesOptions, 'maxVersion' | 'errorCorrection' | 'compact' | 'scale'> {
  readonly reader: PictureReader;
  readonly timers: Timers;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
  readonly logger: Logger;
  /** Default and most: 1 MiB. */
  readonly maxMessageBytes?: number;
  /** The programs behind `qr:camera:NAME`, by name. An address never says what is run. */
  readonly cameras?: ReadonlyMap<string, readonly string[]>;
  /** Behind `qr:terminal` and `qr:stdin`. */
  readonly terminal?: Terminal;
  readonly stdin?: Readable;
  /** Pictures a second on a terminal and in pages. Default 10. */
  readonly framesPerSecond?: number;
  /** How many rounds a message is shown on a terminal before it counts as sent. Default 5. */
  readonly terminalRounds?: number;
  /** What has arrived of messages over other links, and need not be shown any more. */
  readonly partials?: PartialStore;
}

/**
 * Messages as animated QR codes: one way and without acknowledgement. `send` resolves when the pictures or the page are
 * written, or were shown for `terminalRounds`; whether somebody looked is not known.
 */
export function createQrTransport(options: QrTransportOptions): Transport {
  const maxMessageBytes = Math.min(options.maxMessageBytes ?? MAX_FRAMED_MESSAGE_BYTES, MAX_FRAMED_MESSAGE_BYTES);
  const listening = new Set<Address>();
  return {
    schemes: ['qr'],
    supports: { dial: true, listen: true, acknowledged: false, duplex: false },

    async dial(address: Address, { signal }: AbortOptions = {}): Promise<Channel> {
      const place = parseQrAddress(address);
      signal?.throwIfAborted();
      return new OutboundChannel(address, maxMessageBytes, senderFor(address, place, options));
    },

    async listen(address: Address, { signal }: AbortOptions = {}): Promise<Listener> {
      const place = parseQrAddress(address);
      signal?.throwIfAborted();
      if (listening.has(address)) throw new WaypostError('ERR_LISTEN', `${quote(address, 200)} is in use`);
      listening.add(address);
      try {
        const source = await openSource(address, place, options);
        const channel = new InboundChannel(address, source, { ...options, maxMessageBytes });
        return listenerOf(address, channel, () => listening.delete(address));
      } catch (error) {
        listening.delete(address);
        throw error;
      }
    },
  };
}

/** There is one channel, from whoever shows something. */
function listenerOf(address: Address, channel: Channel, onClose: () => void): Listener {
  let isTaken = false;
  const closing = new AbortController();
  const closed = new Promise<void>((resolve) => closing.signal.addEventListener('abort', () => resolve()));
  return {
    addresses: [address],
    async *[Symbol.asyncIterator]() {
      if (!isTaken && !closing.signal.aborted) {
        isTaken = true;
        yield channel;
      }
      await closed;
    },
    async [Symbol.asyncDispose]() {
      if (closing.signal.aborted) return;
      closing.abort();
      await channel[Symbol.asyncDispose]();
      onClose();
    },
  };
}

type Sender = (message: Uint8Array, signal: AbortSignal) => Promise<unknown>;

function senderFor(address: Address, place: QrPlace, options: QrTransportOptions): Sender {
  const { terminal, timers, terminalRounds: rounds = 5 } = options;
  if (place.kind === 'pictures') {
    return (message, signal) => writePictures([message], place.folder, { ...options, signal });
  }
  if (place.kind === 'pages') return (message) => writePages([message], place.folder, options);
  if (place.kind === 'terminal' && terminal !== undefined) {
    return (message, signal) => showOnTerminal([message], { ...options, terminal, timers, rounds, signal });
  }
  throw new WaypostError('ERR_INVALID_ARGUMENT', `nothing can be sent to ${quote(address, 200)} from here`);
}

async function openSource(address: Address, place: QrPlace, options: QrTransportOptions): Promise<PictureSource> {
  const { maxPictureBytes } = DEFAULT_PICTURE_LIMITS;
  if (place.kind === 'pictures') return openFolderSource({ ...options, folder: place.folder, maxPictureBytes });
  if (place.kind === 'stdin' && options.stdin) return createStreamSource(options.stdin, maxPictureBytes);
  const command = place.kind === 'camera' ? options.cameras?.get(place.name) : undefined;
  if (command !== undefined) return openCameraSource({ ...options, command, maxPictureBytes });
  throw new WaypostError('ERR_LISTEN', `${quote(address, 200)} is not something to look at from here`);
}

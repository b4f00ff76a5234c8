import { fileURLToPath, pathToFileURL } from 'node:url';
import { isWaypostError, quote, WaypostError } from '../../src/core/errors.js';
import { createScheduler, type Scheduler } from '../../src/core/scheduler.js';
import { parseTransportUrl } from '../../src/transport/arrival.js';
import type { Address, Transport } from '../../src/transport/transport.js';
import { type MessageFolder, openMessageFolder } from './folder.js';
import { DEFAULT_FILE_LIMITS, type FileLimits } from './limits.js';
import { FolderListener } from './listener.js';
import { OutboundFolder } from './outbound-folder.js';

export interface FileTransportOptions {
  /**
   * Whether messages may be written into a folder (absolute path). Addresses come from strangers' DID documents, so
   * the default is: nowhere.
   */
  readonly mayWrite?: (folder: string) => boolean;
  readonly limits?: Partial<FileLimits>;
  /** Default: the runtime's timers. */
  readonly scheduler?: Scheduler;
  /** Told once of each file that a listener passes over, and of each time that its folder cannot be read. */
  readonly onSkipped?: (error: WaypostError) => void;
}

export interface FileTransport extends Transport {
  /** A folder for those who do more with it than send and receive. Throws ERR_MEDIUM. */
  openFolder(path: string): Promise<MessageFolder>;
}

const SCHEMES = ['file'] as const;

/**
 * Folders as a medium (DIDComm filesystem transport extension; docs/transports/file.md): a message is a file. Sending
 * resolves when the file is durable, which says nothing about whether anybody will ever read it.
 */
export function createFileTransport(options: FileTransportOptions = {}): FileTransport {
  const { mayWrite = () => false, scheduler = createScheduler(), onSkipped = () => {} } = options;
  const limits = { ...DEFAULT_FILE_LIMITS, ...options.limits };
  const listening = new Set<string>();
  const openFolder = (path: string): Promise<MessageFolder> => openMessageFolder(path, limits);

  return {
    schemes: SCHEMES,
    supports: { dial: true, listen: true, acknowledged: false, duplex: false },
    openFolder,

    async dial(address, { signal } = {}) {
      const path = folderOf(address);
      signal?.throwIfAborted();
      if (!mayWrite(path)) {
        throw new WaypostError('ERR_ADDRESS_REFUSED', `messages are not written into ${quote(path, 300)}`);
      }
      try {
        return new OutboundFolder(addressOf(path), await openFolder(path), limits.maxMessageBytes);
      } catch (error) {
        throw asUnreachable(error);
      }
    },

    async listen(address, { signal } = {}) {
      const path = folderOf(address);
      signal?.throwIfAborted();
      if (listening.has(path)) throw new WaypostError('ERR_LISTEN', `${quote(path, 300)} is listened to already`);
      listening.add(path);
      try {
        // Later it may come and go, as sticks do. Now its absence is more likely a mistake in the address.
        await (await openFolder(path))[Symbol.asyncDispose]();
      } catch (cause) {
        listening.delete(path);
        if (!isWaypostError(cause)) throw cause;
        throw new WaypostError('ERR_LISTEN', `no messages can come from a folder: ${cause.message}`, { cause });
      }
      const open = () => openFolder(path);
      const onClose = () => listening.delete(path);
      return new FolderListener({ address: addressOf(path), open, limits, scheduler, onSkipped, onClose });
    },
  };
}

/** RFC 8089, with no host or `localhost`. Throws ERR_INVALID_ARGUMENT. */
function folderOf(address: Address): string {
  const url = parseTransportUrl(address, SCHEMES);
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new WaypostError('ERR_INVALID_ARGUMENT', `${quote(address, 200)} is no path of a folder`, { cause });
  }
}

function addressOf(path: string): Address {
  return pathToFileURL(path).href as Address;
}

/** A folder that is not there is, to a sender, a peer that does not answer. */
function asUnreachable(error: unknown): unknown {
  if (!isWaypostError(error, 'ERR_MEDIUM')) return error;
  return new WaypostError('ERR_NETWORK', error.message, { cause: error, retryable: error.retryable });
}

import { isWaypostError, WaypostError } from '../../core/errors.js';
import type { Logger } from '../../core/logger.js';
import type { Scheduler } from '../../core/scheduler.js';
import { compactEnvelope } from '../../link/compact/compact.js';
import { expandEnvelope } from '../../link/compact/expand.js';
import { NativeLink } from '../../link/gatt/native-link.js';
import { NATIVE_SERVICE } from '../../link/gatt/native-service.js';
import type { PartialStore } from '../../link/partial-store.js';
import { pause } from '../../mailbox/persistently.js';
import { type LinkTransport, linkTransport } from '../../transport/link-transport.js';
import type { AbortOptions, Channel } from '../../transport/transport.js';
import { connectByBluetooth, MAX_VALUE_BYTES } from './bluetooth-connection.js';
import type { WebBluetooth, WebDevice } from './web-bluetooth.js';

interface BluetoothOptions {
  /** Undefined where the browser has none, or gives none to pages without https. */
  readonly bluetooth: WebBluetooth | undefined;
  readonly partials: PartialStore;
  /** 16 random bytes. */
  readonly stationId: Uint8Array;
  readonly sha256: (bytes: Uint8Array) => Uint8Array;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
  readonly scheduler: Scheduler;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly logger: Logger;
  /** Told when {@link Bluetooth.state} may be another one. */
  onChange(): void;
}

/**
 * - `missing`: this browser has no Bluetooth for pages.
 * - `unchosen`: a person has to choose the gateway, after each visit to the page in most browsers.
 * - `chosen`: it is connected to when it is needed; `problem` says why that failed the last time.
 */
export type BluetoothState =
  | { readonly state: 'missing' | 'unchosen' | 'connecting' | 'connected' }
  | { readonly state: 'chosen'; readonly problem: string };

/** Connecting and discovering take seconds; a gateway that is not there would be waited for without end. */
const CONNECT_MS = 15_000;
/** The network comes first: attempts that are given up in the middle confuse some radios' software. */
const HEAD_START_MS = 1000;
const SCHEME = 'ble';
export const BLUETOOTH_ADDRESS = `${SCHEME}:` as const;

/** The gateway by Bluetooth: chosen by a person, then connected to as often as it takes. */
export class Bluetooth {
  readonly #options: BluetoothOptions;
  readonly #transport: LinkTransport;
  #device: WebDevice | undefined;
  #isConnecting = false;
  #channel: Channel | undefined;
  /** The connection before this one, which ends the device's connection when it is over. */
  #closing: PromiseLike<void> = Promise.resolve();
  #problem = '';

  constructor(options: BluetoothOptions) {
    this.#options = options;
    this.#transport = linkTransport(
      {
        schemes: [SCHEME],
        supports: { open: true, accept: false },
        open: async (_address, { signal } = {}) => {
          const ends = AbortSignal.any([AbortSignal.timeout(CONNECT_MS), ...(signal === undefined ? [] : [signal])]);
          const values = await connectByBluetooth(this.#chosen(), { ...options, signal: ends });
          return new NativeLink(values, MAX_VALUE_BYTES);
        },
        accept: async () => {
          throw new WaypostError('ERR_INVALID_ARGUMENT', 'a page cannot listen');
        },
      },
      { ...options, transform: { encode: compactEnvelope, decode: expandEnvelope } },
    );
  }

  get state(): BluetoothState {
    if (this.#options.bluetooth === undefined) return { state: 'missing' };
    if (this.#channel !== undefined) return { state: 'connected' };
    if (this.#isConnecting) return { state: 'connecting' };
    return this.#device === undefined ? { state: 'unchosen' } : { state: 'chosen', problem: this.#problem };
  }

  /** Open at this moment. */
  get channel(): Channel | undefined {
    return this.#channel;
  }

  /** Whether there is somebody to connect to. */
  get isChosen(): boolean {
    return this.#device !== undefined;
  }

  /**
   * Lets a person choose the gateway; to be called from a click. False when nobody was chosen. Throws ERR_BLUETOOTH when
   * the browser or the adapter does not let the page.
   */
  async choose(): Promise<boolean> {
    const { bluetooth } = this.#options;
    if (bluetooth === undefined) throw new WaypostError('ERR_BLUETOOTH', 'this browser has no Bluetooth for pages');
    try {
      this.#use(await bluetooth.requestDevice({ filters: [{ services: [NATIVE_SERVICE.service] }] }));
      return true;
    } catch (cause) {
      const name = cause instanceof DOMException ? cause.name : '';
      if (name === 'NotFoundError') return false;
      const what = `Bluetooth is off on this device, or the browser does not let this page use it (${name || String(cause)})`;
      throw new WaypostError('ERR_BLUETOOTH', what, { cause });
    }
  }

  /** The gateway that was chosen at an earlier visit, where the browser remembers one, and no other. */
  async recall(): Promise<void> {
    const [only, ...others] = (await this.#options.bluetooth?.getDevices?.().catch(() => [])) ?? [];
    if (only !== undefined && others.length === 0 && this.#device === undefined) this.#use(only);
  }

  /** Connects and begins a session. Throws ERR_NETWORK (retryable), ERR_BLUETOOTH, or the signal's reason. */
  async dial({ signal }: AbortOptions = {}): Promise<Channel> {
    const ends = signal ?? new AbortController().signal;
    await pause(this.#options.scheduler, HEAD_START_MS, ends);
    await this.#closing;
    ends.throwIfAborted();
    this.#isConnecting = true;
    this.#options.onChange();
    try {
      const channel = await this.#transport.dial(BLUETOOTH_ADDRESS, { signal: ends });
      this.#problem = '';
      this.#channel = channel;
      return this.#watched(channel);
    } catch (error) {
      const late = error instanceof DOMException && error.name === 'TimeoutError' && !ends.aborted;
      const known = late ? lateError() : error;
      if (isWaypostError(known)) this.#problem = known.message;
      throw known;
    } finally {
      this.#isConnecting = false;
      this.#options.onChange();
    }
  }

  #use(device: WebDevice): void {
    this.#device = device;
    this.#problem = '';
    this.#options.onChange();
  }

  #chosen(): WebDevice {
    if (this.#device !== undefined) return this.#device;
    throw new WaypostError('ERR_NETWORK', 'no gateway was chosen for Bluetooth', { retryable: true });
  }

  /** Tells when the channel is over, by whichever side. */
  #watched(channel: Channel): Channel {
    const over = (): void => {
      if (this.#channel === channel) this.#channel = undefined;
      this.#options.onChange();
    };
    return {
      remoteAddress: channel.remoteAddress,
      get maxMessageBytes() {
        return channel.maxMessageBytes;
      },
      replies: channel.replies,
      send: (message, options) => channel.send(message, options),
      async *[Symbol.asyncIterator]() {
        try {
          yield* channel;
        } finally {
          over();
        }
      },
      [Symbol.asyncDispose]: () => {
        over();
        this.#closing = channel[Symbol.asyncDispose]();
        return this.#closing;
      },
    };
  }
}

function lateError(): WaypostError {
  return new WaypostError('ERR_NETWORK', `no connection by Bluetooth within ${CONNECT_MS} ms`, { retryable: true });
}

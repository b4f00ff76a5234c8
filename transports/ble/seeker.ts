import { isWaypostError, type WaypostError } from '../../src/core/errors.js';
import type { Logger } from '../../src/core/logger.js';
import type { Scheduler } from '../../src/core/scheduler.js';
import { NativeLink } from '../../src/link/gatt/native-link.js';
import { BoundedQueue } from '../../src/transport/bounded-queue.js';
import type { LinkTransport } from '../../src/transport/link-transport.js';
import { Backoff } from '../../src/transport/reconnect.js';
import { createTimers } from '../../src/transport/timers.js';
import type { Channel, Listener } from '../../src/transport/transport.js';
import { DEFAULT_MTU } from './address.js';
import { DifChannel } from './dif-channel.js';
import type { GattClient } from './gatt-client.js';
import { decodeInformation, type Information } from './information.js';
import type { GattProfile, Sighting } from './ports.js';
import type { PresentStations } from './present-stations.js';
import { DIF, NATIVE } from './profiles.js';
import { SeekBook } from './seek-book.js';
import { type SeekOptions, SeekRules } from './seek-rules.js';
import type { ConnectionSlots } from './slots.js';
import { SoughtChannel } from './sought-channel.js';

interface SeekerOptions extends SeekOptions {
  readonly client: GattClient;
  readonly slots: ConnectionSlots;
  readonly present: PresentStations;
  readonly native: LinkTransport;
  readonly maxMessageBytes: number;
  readonly ownStation: string;
  readonly scheduler: Scheduler;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly random: () => number;
  readonly logger: Logger;
}

/** A sensor that advertises once a second is seen within it. */
const LOOK_MS = 2500;
/** Between two looks; while somebody is connected, scanning takes the radio from them. */
const PAUSE_MS = 4000;
const BUSY_PAUSE_MS = 15_000;
const RETRY = { initialMs: 5000, maxMs: 5 * 60_000 };
const ADAPTER_RETRY = { initialMs: 2000, maxMs: 60_000 };
const STABLE_MS = 60_000;
const REMEMBERED = 512;
const WAITING_CHANNELS = 8;

/** Connects to peripherals by itself and again and again, as long as it is open. Its channels are those that it dialled. */
export class Seeker implements Listener {
  /** Nobody reaches us here. */
  readonly addresses = [];
  readonly #options: SeekerOptions;
  readonly #rules: SeekRules;
  readonly #book: SeekBook;
  readonly #profiles: readonly GattProfile[];
  readonly #channels = new BoundedQueue<Channel>(WAITING_CHANNELS);
  /** Open channels, with the station that is said to be there. */
  readonly #held = new Map<SoughtChannel, string | undefined>();
  readonly #closed = new AbortController();
  #problem: string | undefined;

  constructor(options: SeekerOptions) {
    this.#options = options;
    this.#rules = new SeekRules(options);
    const { now, random, present } = options;
    this.#book = new SeekBook({
      backoff: { ...RETRY, random },
      stableAfterMs: STABLE_MS,
      limitEntries: REMEMBERED,
      now,
    });
    this.#profiles = this.#rules.needsDid ? [NATIVE] : [NATIVE, DIF];
    present.onCame((station) => this.#giveWayTo(station));
    void this.#run();
  }

  [Symbol.asyncIterator](): AsyncIterator<Channel> {
    return this.#channels[Symbol.asyncIterator]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    const untaken = this.#channels.clear();
    this.#channels.end();
    await Promise.all(untaken.map((channel) => channel[Symbol.asyncDispose]()));
  }

  async #run(): Promise<void> {
    const { signal } = this.#closed;
    const { scheduler, now, random, slots } = this.#options;
    const timers = createTimers(scheduler, now);
    const backoff = new Backoff({ ...ADAPTER_RETRY, random });
    while (!signal.aborted) {
      let pauseMs = slots.use.taken > 0 ? BUSY_PAUSE_MS : PAUSE_MS;
      try {
        await this.#round();
        this.#problem = undefined;
        backoff.reset();
      } catch (error) {
        this.#complain(error);
        pauseMs = backoff.nextMs();
      }
      await timers.sleep(pauseMs, signal).catch(() => undefined);
    }
  }

  async #round(): Promise<void> {
    const { slots, client } = this.#options;
    const connected = [...this.#held.keys()].flatMap(({ claimedDid }) => claimedDid ?? []);
    if (!slots.hasRoomForSought || !this.#rules.isAnybodyMissing(connected)) return;
    const sightings = await client.look(this.#profiles, LOOK_MS);
    const taken = new Set(slots.connections.map(({ address }) => address));
    for (const sighting of this.#book.due(sightings)) {
      if (taken.has(sighting.address)) continue;
      if (this.#closed.signal.aborted || !slots.makeRoomForSought()) return;
      await this.#try(sighting);
    }
  }

  async #try({ address, profiles }: Sighting): Promise<void> {
    const { client, logger } = this.#options;
    const { signal } = this.#closed;
    try {
      const profile = profiles.includes(NATIVE) ? NATIVE : DIF;
      const pipe = await client.connect(profile, { device: address, mtu: DEFAULT_MTU }, { signal });
      const information = decodeInformation(pipe.information);
      const channel =
        profile === NATIVE
          ? await this.#greet(new NativeLink(pipe), information)
          : new DifChannel({
              pipe,
              remoteAddress: `ble-dif:${pipe.peerAddress}`,
              maxMessageBytes: this.#options.maxMessageBytes,
            });
      this.#keep(address, channel, information);
    } catch (error) {
      if (signal.aborted) return;
      if (!isWaypostError(error)) throw error;
      this.#book.failed(address, error.retryAfterMs ?? 0);
      logger.debug('ble.seek-failed', { address, code: error.code, message: error.message });
    }
  }

  /** A session with somebody who is sought. */
  async #greet(link: NativeLink, information: Information): Promise<Channel> {
    try {
      this.#rules.check(information);
      return await this.#options.native.over(link, { signal: this.#closed.signal });
    } catch (error) {
      await link[Symbol.asyncDispose]();
      throw error;
    }
  }

  #keep(address: string, channel: Channel, { did, station }: Information): void {
    const sought = new SoughtChannel(channel, did, () => {
      if (this.#held.delete(sought)) this.#book.ended(address);
    });
    this.#held.set(sought, station);
    this.#book.connected(address);
    this.#options.logger.info('ble.found', { address, says: did?.slice(0, 100) });
    if (this.#rules.isOneTooMany(station) || !this.#channels.push(sought)) void sought[Symbol.asyncDispose]();
  }

  /** A station has connected to us while we connected to it. */
  #giveWayTo(station: string): void {
    for (const [channel, of] of this.#held) {
      if (of === station && this.#rules.isOneTooMany(station)) void channel[Symbol.asyncDispose]();
    }
  }

  /** Once for each kind of trouble. */
  #complain(error: unknown): void {
    const { message } = error as WaypostError;
    if (message === this.#problem || this.#closed.signal.aborted) return;
    this.#problem = message;
    this.#options.logger.warn('ble.seek-failed', { message: String(message) });
  }
}

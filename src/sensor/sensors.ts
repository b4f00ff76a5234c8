import type { DeviceClock } from '../core/clock.js';
import { quote, WaypostError } from '../core/errors.js';
import type { Logger } from '../core/logger.js';
import type { Primitives } from '../crypto/primitives.js';
import type { MessageStore } from '../store/message-store.js';
import { COSE, essenceOf, isCose, SENML_CBOR, SENML_JSON } from '../transport/media-type.js';
import type { Arrival } from '../transport/transport.js';
import { encodeCommand } from './answer.js';
import { type DeviceCommand, numberCommand } from './command.js';
import { Devices, unknownDevice } from './devices.js';
import { NO_NONCE } from './frame.js';
import { DEFAULT_SENSOR_LIMITS, Intake, type Outcome, type SensorLimits } from './intake.js';
import { createJournal } from './journal.js';
import type { Outlet } from './reading.js';
import type { SenmlFormat } from './senml.js';

export interface SensorsOptions {
  /** Opened with `SENSOR_SPACES`. */
  readonly store: Pick<MessageStore, 'get' | 'entries' | 'transact'>;
  readonly primitives: Primitives;
  readonly clock: Pick<DeviceClock, 'nowMs' | 'quality' | 'monotonicMs'>;
  readonly logger: Logger;
  /** What is made of readings. Default: they are kept, each device's in a queue of its own. */
  readonly outlets?: readonly Outlet[];
  readonly limits?: Partial<SensorLimits>;
}

/** What a gateway is told of its sensors; the rest it has. */
export type SensorsOption = Pick<SensorsOptions, 'outlets' | 'limits'>;

/** Where something came from, and how something goes back. */
export interface SensorPeer {
  /** Who is counted for it, see `sourceOf`. */
  readonly source: string;
  /** Whether an arrival can be answered. */
  readonly canReply: boolean;
  /** Where messages can go back at any time. */
  readonly send?: (message: Uint8Array) => Promise<void>;
  /** Where the way it came tells which device is there; it proves nothing. */
  readonly deviceId?: string;
  /** Runs when the way back is gone. */
  onClose(run: () => void): void;
}

export interface SensorStatus {
  /** Since the start: frames by what became of them. */
  readonly frames: { readonly [result in NonNullable<Outcome['result']>]: number };
  /** Refused, by the code of the reason. */
  readonly refused: Readonly<Record<string, number>>;
}

/** Everything that has to do with sensor devices. */
export interface Sensors {
  readonly devices: Devices;
  /** Whether an arrival is for here: a COSE message or SenML, by its media type or, where it has none, by its first byte. */
  takes(arrival: Pick<Arrival, 'bytes' | 'mediaType'>): boolean;
  /**
   * Handles an arrival and settles it; what was accepted is durable by then. Calls `onHandled` once, when only the peer is
   * waited for. Never rejects.
   */
  take(arrival: Arrival, peer: SensorPeer, onHandled?: () => void): Promise<void>;
  /**
   * Queues a command; it reaches the device with the next answer, or at once when it is connected, until the device reports on
   * it. Returns its number when it is durable. Throws ERR_DEVICE_UNKNOWN, ERR_NOT_ALLOWED for a plain device, which could
   * not tell it from anybody's, ERR_INVALID_ARGUMENT, and ERR_QUOTA_RECIPIENT (retryable) when too many wait.
   */
  command(deviceId: string, command: DeviceCommand): Promise<number>;
  status(): SensorStatus;
}

const MEDIA_TYPES: readonly string[] = [COSE, SENML_JSON, SENML_CBOR];
const MAX_COMMANDS = 8;
const OPENING_BRACKET = 0x5b;
/** CBOR arrays of definite length: 0x80 to 0x9b. */
const MAJOR_ARRAY = 4;

/** The sensor devices of a gateway. */
export function createSensors(options: SensorsOptions): Sensors {
  return new SensorHub(options);
}

class SensorHub implements Sensors {
  readonly devices: Devices;
  readonly #options: SensorsOptions;
  readonly #intake: Intake;
  /** Where each device was heard last, while something can go back there. As many as there are devices at most. */
  readonly #peers = new Map<string, SensorPeer>();
  /** Whose end is waited for already; a hub has many devices. */
  readonly #watched = new WeakSet<SensorPeer>();
  readonly #frames = { stored: 0, repeated: 0, granted: 0, reported: 0 };
  readonly #refused = new Map<string, number>();

  constructor(options: SensorsOptions) {
    const { store, primitives, clock, logger, outlets = [createJournal(primitives)] } = options;
    this.#options = options;
    this.devices = new Devices(store, primitives);
    const limits = { ...DEFAULT_SENSOR_LIMITS, ...options.limits };
    this.#intake = new Intake({ devices: this.devices, outlets, primitives, clock, logger, limits });
  }

  takes({ bytes, mediaType }: Pick<Arrival, 'bytes' | 'mediaType'>): boolean {
    if (mediaType !== undefined) return MEDIA_TYPES.includes(essenceOf(mediaType));
    // DIDComm messages are JSON objects and begin with a brace.
    return isCose(bytes) || bytes[0] === OPENING_BRACKET || (bytes[0] ?? 0) >> 5 === MAJOR_ARRAY;
  }

  async take(arrival: Arrival, peer: SensorPeer, onHandled: () => void = () => {}): Promise<void> {
    const { logger } = this.#options;
    const outcome = await this.#receive(arrival, peer);
    onHandled();
    this.#count(outcome);
    const { result, error, deviceId, answer } = outcome;
    // Only by a new frame: whoever recorded an old one could otherwise draw commands to where they are.
    if (deviceId !== undefined && (result === 'stored' || result === 'reported')) this.#remember(deviceId, peer);
    const reply = peer.canReply ? answer : undefined;
    try {
      if (error === undefined) {
        await arrival.accept(reply);
        return;
      }
      const level = error.code === 'ERR_INTERNAL' ? 'error' : 'info';
      logger[level]('sensor.refused', { from: peer.source, code: error.code, message: error.message });
      await arrival.refuse(error, reply);
    } catch (gone) {
      logger.debug('peer.gone', { from: peer.source, message: String(gone) });
    }
  }

  async command(deviceId: string, command: DeviceCommand): Promise<number> {
    const { devices } = this;
    return devices.locked(deviceId, async () => {
      const known = await devices.find(deviceId);
      if (known === undefined) throw unknownDevice(deviceId);
      const { prover, state } = known;
      if (prover === undefined) {
        throw new WaypostError('ERR_NOT_ALLOWED', `${quote(deviceId)} is a plain device, which takes no commands`);
      }
      if (state.commands.length >= MAX_COMMANDS) {
        const what = `${MAX_COMMANDS} commands wait for ${quote(deviceId)}, which is the limit`;
        throw new WaypostError('ERR_QUOTA_RECIPIENT', what, { retryable: true });
      }
      const number = state.lastCommand + 1;
      const numbered = numberCommand(number, command);
      await devices.advance(known, { ...state, lastCommand: number, commands: [...state.commands, numbered] }, []);
      if (state.commands.length === 0) {
        const nonce = state.grants.find(({ epoch }) => epoch === state.sequence?.epoch)?.nonce ?? NO_NONCE;
        this.#push(deviceId, encodeCommand({ deviceId, prover }, nonce, numbered));
      }
      return number;
    });
  }

  status(): SensorStatus {
    return { frames: { ...this.#frames }, refused: Object.fromEntries(this.#refused) };
  }

  #receive({ bytes, mediaType }: Arrival, { source, deviceId }: SensorPeer): Promise<Outcome> {
    const type = mediaType === undefined ? undefined : essenceOf(mediaType);
    if (type === COSE || (type === undefined && isCose(bytes))) {
      return this.#intake.receive(bytes, source);
    }
    return this.#intake.receivePlain(bytes, formatOf(type, bytes), source, deviceId);
  }

  #remember(deviceId: string, peer: SensorPeer): void {
    if (peer.send === undefined) return;
    this.#peers.set(deviceId, peer);
    if (this.#watched.has(peer)) return;
    this.#watched.add(peer);
    peer.onClose(() => {
      for (const [id, at] of this.#peers) if (at === peer) this.#peers.delete(id);
    });
  }

  /** A way back that fails loses nothing: the command waits for the next answer. */
  #push(deviceId: string, message: Uint8Array): void {
    this.#peers
      .get(deviceId)
      ?.send?.(message)
      .catch((gone: unknown) => this.#options.logger.debug('peer.gone', { device: deviceId, message: String(gone) }));
  }

  #count({ result, error }: Outcome): void {
    if (result !== undefined) this.#frames[result]++;
    if (error !== undefined) this.#refused.set(error.code, (this.#refused.get(error.code) ?? 0) + 1);
  }
}

function formatOf(mediaType: string | undefined, bytes: Uint8Array): SenmlFormat {
  if (mediaType === SENML_CBOR) return 'cbor';
  if (mediaType === SENML_JSON) return 'json';
  return bytes[0] === OPENING_BRACKET ? 'json' : 'cbor';
}

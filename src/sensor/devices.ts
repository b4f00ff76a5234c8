import { BoundedCache } from '../core/bounded-cache.js';
import { fromUtf8, utf8 } from '../core/bytes.js';
import { quote, WaypostError } from '../core/errors.js';
import { KeyedMutex } from '../core/keyed-mutex.js';
import type { Primitives } from '../crypto/primitives.js';
import type { MessageStore, Operation, Page } from '../store/message-store.js';
import { describeCommand, outcomeOf } from './command.js';
import { createDevice, type Device, type DeviceSummary, type NewDevice, summarize } from './device.js';
import { type DeviceReport, type DeviceState, decodeState, encodeState, FRESH_STATE } from './device-state.js';
import { type Prover, proverOf } from './proof.js';
import { DEVICE_STATES, DEVICES } from './spaces.js';

/** A device with what is known of it, as it is held in memory. */
export interface KnownDevice {
  readonly device: Device;
  /** Undefined for a plain device. */
  readonly prover: Prover | undefined;
  readonly state: DeviceState;
}

/** A device that was registered; its key, where it was made here, is told this once. */
export interface RegisteredDevice extends DeviceSummary {
  readonly madeKey: string | null;
}

/** A registered device and how far it got. */
export interface DeviceStatus extends DeviceSummary {
  /** Null: nothing came yet. */
  readonly lastReceivedMs: number | null;
  readonly epoch: number | null;
  readonly counter: number | null;
  /** Commands that it has not reported on. */
  readonly commands: number;
  /** What became of the command that it reported on last; null: of none yet. */
  readonly lastReport: ReportedCommand | null;
}

export interface ReportedCommand {
  readonly number: number;
  /** As it was given: `set-interval 60`. */
  readonly command: string;
  /** In words: `done`, `not supported`, `failed`. */
  readonly outcome: string;
}

/** Two thousand devices at work; others are read again. */
const CACHED_DEVICES = 4000;

type Store = Pick<MessageStore, 'get' | 'entries' | 'transact'>;

/**
 * The devices that frames are taken from. Whatever changes a device, or goes by what is known of it, runs under its lock and
 * through this object.
 */
export class Devices {
  readonly #store: Store;
  readonly #primitives: Primitives;
  readonly #mutex = new KeyedMutex();
  readonly #cache = new BoundedCache<string, KnownDevice>(CACHED_DEVICES);

  constructor(store: Store, primitives: Primitives) {
    this.#store = store;
    this.#primitives = primitives;
  }

  /** Runs `work` when all that was begun for this device before is done. */
  locked<T>(id: string, work: () => Promise<T>): Promise<T> {
    return this.#mutex.run(id, work);
  }

  /** Undefined when it is not registered. */
  async find(id: string): Promise<KnownDevice | undefined> {
    const cached = this.#cache.get(id);
    if (cached !== undefined) return cached;
    const bytes = await this.#store.get(DEVICES, id);
    if (bytes === undefined) return undefined;
    const state = await this.#store.get(DEVICE_STATES, id);
    const known = this.#known(decodeDevice(bytes), state === undefined ? FRESH_STATE : decodeState(state));
    this.#cache.set(id, known);
    return known;
  }

  /** Under the lock: the new state, and `operations`, are durable when it resolves. Throws what the store throws. */
  async advance(known: KnownDevice, state: DeviceState, operations: readonly Operation[]): Promise<void> {
    const { id } = known.device;
    this.#cache.delete(id); // after a failure that leaves in doubt what is stored, it is read again
    await this.#store.transact([
      ...operations,
      { kind: 'set', space: DEVICE_STATES, key: id, value: encodeState(state) },
    ]);
    this.#cache.set(id, { ...known, state });
  }

  /** Throws ERR_DEVICE_EXISTS, ERR_INVALID_ARGUMENT, ERR_KEY_INVALID, and ERR_STORE_FULL when there are too many. */
  async add(wanted: NewDevice): Promise<RegisteredDevice> {
    const device = createDevice(this.#primitives, wanted);
    return this.locked(device.id, async () => {
      const operations: readonly Operation[] = [
        { kind: 'require', space: DEVICES, key: device.id, value: undefined },
        { kind: 'set', space: DEVICES, key: device.id, value: encodeDevice(device) },
      ];
      if ((await this.#store.get(DEVICES, device.id)) !== undefined) {
        throw new WaypostError('ERR_DEVICE_EXISTS', `the device ${quote(device.id)} is registered already`);
      }
      await this.#store.transact(operations);
      return registered(device, wanted);
    });
  }

  /** Returns whether there was one. Whatever was made of its frames stays. */
  remove(id: string): Promise<boolean> {
    return this.locked(id, async () => {
      if ((await this.#store.get(DEVICES, id)) === undefined) return false;
      await this.#store.transact([
        { kind: 'delete', space: DEVICES, key: id },
        { kind: 'delete', space: DEVICE_STATES, key: id },
      ]);
      this.#cache.delete(id);
      return true;
    });
  }

  /**
   * Another key, made here when none is given; the numbers of its frames begin anew, and commands that wait are kept. Throws
   * ERR_DEVICE_UNKNOWN, ERR_KEY_INVALID, and ERR_INVALID_ARGUMENT for the key that it has: its old frames would be taken again.
   */
  rekey(id: string, key: NewDevice['key']): Promise<RegisteredDevice> {
    return this.locked(id, async () => {
      const known = await this.find(id);
      if (known === undefined) throw unknownDevice(id);
      const { sharedKey, publicKey, answerKey: _, ...kept } = known.device;
      const device = createDevice(this.#primitives, { ...kept, ...(key === undefined ? {} : { key }) });
      const isSame = device.sharedKey === sharedKey && JSON.stringify(device.publicKey) === JSON.stringify(publicKey);
      if (isSame) throw new WaypostError('ERR_INVALID_ARGUMENT', `the device ${quote(id)} has no other key by that`);
      const { commands, lastCommand, lastReport } = known.state;
      const state = { ...FRESH_STATE, commands, lastCommand, lastReport };
      await this.#store.transact([
        { kind: 'set', space: DEVICES, key: id, value: encodeDevice(device) },
        { kind: 'set', space: DEVICE_STATES, key: id, value: encodeState(state) },
      ]);
      this.#cache.delete(id);
      return registered(device, { id, ...(key === undefined ? {} : { key }) });
    });
  }

  /** All devices, by id in pages. */
  async list({ after, limit }: Page): Promise<readonly DeviceStatus[]> {
    const query = { space: DEVICES, limit, ...(after === undefined ? {} : { after }) };
    const entries = await this.#store.entries(query);
    return Promise.all(
      entries.map(async ({ key, value }) => {
        const bytes = await this.#store.get(DEVICE_STATES, key);
        const state = bytes === undefined ? FRESH_STATE : decodeState(bytes);
        const { sequence, lastReceivedMs, commands, lastReport } = state;
        return {
          ...summarize(decodeDevice(value)),
          lastReceivedMs: lastReceivedMs === 0 ? null : lastReceivedMs,
          epoch: sequence?.epoch ?? null,
          counter: sequence?.counter ?? null,
          commands: commands.length,
          lastReport: lastReport === undefined ? null : toReported(lastReport),
        };
      }),
    );
  }

  #known(device: Device, state: DeviceState): KnownDevice {
    return { device, prover: proverOf(this.#primitives, device), state };
  }
}

export function unknownDevice(id: string): WaypostError {
  return new WaypostError('ERR_DEVICE_UNKNOWN', `no device ${quote(id)} is registered`);
}

function toReported({ command, status }: DeviceReport): ReportedCommand {
  return { number: command[0], command: describeCommand(command), outcome: outcomeOf(status) };
}

function registered(device: Device, { key }: NewDevice): RegisteredDevice {
  return { ...summarize(device), madeKey: key === undefined ? (device.sharedKey ?? null) : null };
}

function encodeDevice(device: Device): Uint8Array {
  return utf8(JSON.stringify(device));
}

/** A value that this program wrote. */
function decodeDevice(bytes: Uint8Array): Device {
  return JSON.parse(fromUtf8(bytes)) as Device;
}

import type { MqttState } from '../../../transports/index.js';
import type { ErrorCode } from '../../core/errors.js';
import type { UpstreamStatus } from '../../gateway/upstream/progress.js';
import type { AccountSummary, RemovedAccount } from '../../protocols/mediation/records.js';
import type { DeviceCommand } from '../../sensor/command.js';
import type { NewDevice } from '../../sensor/device.js';
import type { DeviceStatus, RegisteredDevice } from '../../sensor/devices.js';
import type { SensorRulesStatus } from '../../sensor/rules/sensor-rules.js';
import type { SensorStatus } from '../../sensor/sensors.js';
import type { MessageFate, Page, Priority, QueueStatus, StoreSize } from '../../store/message-store.js';
import type { Disk } from '../run/disk.js';
import type { StorageOutlook } from './outlook.js';
import type { Refusal } from './refusals.js';

/**
 * What whoever operates a gateway can ask and do. There are three of them: in the running gateway, over its admin API, and
 * on the data folder of one that does not run. All values are JSON as they are.
 */
export interface Operator extends CourierOperator, DeviceOperator {
  status(): Promise<Status>;
  /** Destinations that something waits for, in the order of their names. */
  queues(page: Page): Promise<readonly QueueStatus[]>;
  /** What waits for one destination, in its order. `after` is the id of a message. */
  messages(destination: string, page: Page): Promise<readonly MessageSummary[]>;
  /** Null: never heard of, or forgotten since. */
  why(id: string): Promise<Why | null>;
  /** Deletes messages of a destination, all of them without `ids`. Returns how many. */
  purge(destination: string, ids: readonly string[] | undefined): Promise<number>;
  peers(): Promise<readonly Peer[]>;
  /** Everybody who was granted mediation, by DID. */
  accounts(page: Page): Promise<readonly AccountSummary[]>;
  /**
   * Deletes an account (canonical DID) and what it registered; what waits for it only when `isPurging`, else
   * ERR_ACCOUNT_IN_USE. Null: there is no such account.
   */
  removeAccount(did: string, isPurging: boolean): Promise<RemovedAccount | null>;
  /** An invitation that can be revoked, beside the one that the gateway always has. `validSeconds`: default for ever. */
  invite(
    goal: string | undefined,
    validSeconds?: number,
  ): Promise<{ readonly id: string; readonly invitation: string }>;
  /** From then on the invitation admits nobody. */
  revoke(invitationId: string): Promise<void>;
}

/** What an operator does with messages that are carried by hand; see `docs/transports/file.md`. Bytes are base64url. */
export interface CourierOperator {
  /** The next messages of a destination behind the id `after`; they stay queued, and none means there are no more. */
  offer(destination: string, after: string | undefined): Promise<readonly Offered[]>;
  /** Takes a message that was brought. `isForAnybody`: also one for somebody elsewhere who can be reached from here. */
  take(content: string, isForAnybody: boolean): Promise<Taken>;
  /** A packed acknowledgement for the station `to`, of messages with these hashes. */
  receipt(to: string, hashes: readonly string[]): Promise<string>;
  /** Those of the hashes, or beginnings of hashes, of which nothing is queued any more. */
  gone(hashes: readonly string[]): Promise<readonly string[]>;
}

/** What an operator does with sensor devices; see `docs/sensors.md`. */
export interface DeviceOperator {
  /** By id. */
  devices(page: Page): Promise<readonly DeviceStatus[]>;
  /** Registers them, each by itself: what became of each, in their order. */
  addDevices(devices: readonly unknown[]): Promise<readonly AddedDevice[]>;
  /** Returns whether there was one. */
  removeDevice(id: string): Promise<boolean>;
  /** Another key, made there when none is given. Throws ERR_DEVICE_UNKNOWN, ERR_INVALID_ARGUMENT, ERR_KEY_INVALID. */
  rekeyDevice(id: string, key: NewDevice['key']): Promise<RegisteredDevice>;
  /** Queues a command and returns its number. Throws what `Sensors.command` throws. */
  commandDevice(id: string, command: DeviceCommand): Promise<number>;
}

export type AddedDevice =
  | { readonly outcome: 'added'; readonly device: RegisteredDevice }
  | { readonly outcome: 'refused'; readonly code: ErrorCode; readonly message: string };

export interface Offered {
  readonly id: string;
  /** SHA-256 of the content in hexadecimal digits. */
  readonly hash: string;
  readonly content: string;
}

/**
 * `handled`: it was for the gateway itself. `passed-on`: it was here, and another station answers for it now; whoever
 * brought it must keep it. What is refused for now is `retryable`.
 */
export type Taken =
  | { readonly outcome: 'handled' | 'stored' | 'duplicate' | 'passed-on'; readonly recipient: string }
  | {
      readonly outcome: 'refused';
      readonly code: ErrorCode;
      readonly message: string;
      readonly retryable: boolean;
    };

export interface Status {
  readonly state: 'running' | 'stopped';
  readonly version: string;
  readonly did: string;
  /** What people call it. */
  readonly name: string;
  /** Null where it does not run; and so below. */
  readonly uptimeSeconds: number | null;
  readonly addresses: readonly string[];
  readonly clock: string;
  readonly store: StoreSize;
  /** Why the last message that came found no room; null when it did, and where it does not run. */
  readonly full: string | null;
  readonly disk: Disk | null;
  /** How long there is room, by what came since the start of the process; null where it does not run. */
  readonly outlook: StorageOutlook | null;
  /** Messages that were refused since the start, by error code. */
  readonly refused: Readonly<Record<string, number>>;
  /** For whom there is no room at present, the last first. */
  readonly refusals: readonly Refusal[];
  readonly connections: number;
  readonly live: number;
  readonly handling: number;
  readonly upstreams: readonly UpstreamState[];
  /** Null where it is not used. */
  readonly bluetooth: BluetoothState | null;
  readonly sensors: SensorStatus | null;
  readonly rules: SensorRulesStatus | null;
  /** Topics that are listened on at brokers elsewhere. */
  readonly mqtt: readonly MqttState[];
  readonly residentBytes: number | null;
}

export interface BluetoothState {
  /** `poweredOn`, or what it is instead, in the words of the packages. */
  readonly adapter: string;
  /** With the command that helps. */
  readonly problem: string | null;
  /** Connections at most, now, and of those the ones that the gateway began. */
  readonly slots: number;
  readonly taken: number;
  readonly sought: number;
  /** Since the start: those turned away because all slots were taken, and those that made room for another. */
  readonly refused: number;
  readonly yielded: number;
}

export interface UpstreamState extends Omit<UpstreamStatus, 'nextTryInMs' | 'lastError' | 'address'> {
  readonly nextTryInMs: number | null;
  readonly lastError: string | null;
  readonly address: string | null;
}

/** A message without its content. */
export interface MessageSummary {
  readonly id: string;
  readonly priority: Priority;
  readonly bytes: number;
  readonly ageMs: number;
  readonly expiresAtMs: number | null;
}

export interface Why {
  readonly fate: MessageFate;
  /** While it waits to be pushed: whether it is being sent, or what was tried and when the next try is. */
  readonly progress: PushProgress | null;
}

export interface PushProgress {
  readonly state: 'sending' | 'waiting';
  readonly failures: number;
  readonly heldBack: number;
  readonly lastError: string | null;
  readonly nextTryInMs: number | null;
}

export interface Peer {
  readonly remoteAddress: string;
  readonly openForMs: number;
  /** Proven. */
  readonly dids: readonly string[];
  /** Who it says it is, where its medium lets it say so. Proves nothing. */
  readonly claimedDid: string | null;
  /** How strong its signal is, where it is a radio's; about -40 is close by, -90 is nearly lost. */
  readonly rssiDbm: number | null;
}

import type { AttributeValues } from '../../src/link/gatt/attribute-values.js';

/*
 * What the transport needs of a Bluetooth LE package, for either role. Both roles end in the same thing: a pipe of
 * values to one peer. UUIDs are 32 lower-case hexadecimal digits without dashes.
 */

/** What an adapter is able to do, in the words of noble and bleno. */
export type AdapterState = 'unknown' | 'resetting' | 'unsupported' | 'unauthorized' | 'poweredOff' | 'poweredOn';

/** A GATT service with one characteristic for each direction (docs/transports/ble.md). */
export interface GattProfile {
  readonly serviceUuid: string;
  /** The central writes to it. */
  readonly writeUuid: string;
  readonly writes: 'withResponse' | 'withoutResponse';
  /** The peripheral tells changes of it. */
  readonly updateUuid: string;
  readonly updates: 'indicate' | 'notify';
  /** Says who the peripheral is; undefined where the profile has none. */
  readonly informationUuid: string | undefined;
}

/** What a connection with a profile is, for either role. */
export interface ValuePipe extends AttributeValues {
  /** What the peer says of itself where the profile has information and we are the central; at most 512 bytes. */
  readonly information: Uint8Array | undefined;
}

/** A connection of the radio, whoever began it. */
export interface RadioConnection {
  readonly address: string;
  /** What the peer is: a central came to us, to a peripheral we connected ourselves. */
  readonly peer: 'central' | 'peripheral';
  readonly connectedAtMs: number;
  /** When the last value came or went. */
  readonly activeAtMs: number;
  /** Whether a profile is in use on it already. */
  readonly isInUse: boolean;
  /** How strong the peer's signal is now, in dBm; undefined where the adapter does not say. Never rejects. */
  readRssi(): Promise<number | undefined>;
  disconnect(): void;
}

interface ConnectionEvents {
  readonly onConnect: (connection: RadioConnection) => void;
  readonly onDisconnect: (connection: RadioConnection) => void;
}

export interface PeripheralEvents extends ConnectionEvents {
  /** A central has subscribed to the updates of a profile. */
  readonly onPipe: (profile: GattProfile, pipe: ValuePipe) => void;
  readonly onState: (state: AdapterState) => void;
}

/** The peripheral's role, on one adapter. Disposing stops it and disconnects everybody. */
export interface Peripheral extends AsyncDisposable {
  readonly state: AdapterState;
  /** How many centrals can be connected at once; undefined where the package sets no limit. */
  readonly maxConnections: number | undefined;
  /**
   * Which profiles are advertised from now on, also after the adapter was off; none to stop. At most two: an
   * advertisement and its scan response have room for one UUID each.
   */
  advertise(profiles: readonly GattProfile[]): void;
}

export interface PeripheralOptions {
  /** All that it serves, advertised or not. */
  readonly profiles: readonly GattProfile[];
  /** What can be read from the profiles that have information. */
  readonly information: Uint8Array;
  readonly events: PeripheralEvents;
}

export type OpenPeripheral = (options: PeripheralOptions) => Promise<Peripheral>;

export interface ConnectOptions {
  readonly profile: GattProfile;
  /** Of the peripheral that is wanted; undefined: whichever serves the profile. */
  readonly address: string | undefined;
  /** The MTU to ask for. */
  readonly mtu: number;
  /** Ends the attempt. */
  readonly signal: AbortSignal;
}

export interface LookOptions {
  /** Peripherals that advertise any of them are of interest. */
  readonly profiles: readonly GattProfile[];
  /** Aborts when it was looked for long enough. */
  readonly until: AbortSignal;
}

/** A peripheral that advertises. */
export interface Sighting {
  /** Of its radio, in lower case. */
  readonly address: string;
  /** Those of the wanted ones that it advertises; at least one. */
  readonly profiles: readonly GattProfile[];
}

/** The central's role, on one adapter. Disposing stops it and disconnects everybody. */
export interface Central extends AsyncDisposable {
  readonly state: AdapterState;
  /**
   * Looks for a peripheral, connects and subscribes. One attempt at a time; the others wait. Throws ERR_NETWORK
   * (retryable), ERR_BLUETOOTH when the adapter cannot be used, or the signal's reason.
   */
  connect(options: ConnectOptions): Promise<ValuePipe>;
  /** Who advertises, each once. Waits for attempts to connect, and they for it. Throws ERR_BLUETOOTH (retryable). */
  look(options: LookOptions): Promise<readonly Sighting[]>;
  /** Resolves when the adapter has told its first state: from then on the package leaves other users of it alone. */
  readonly started: Promise<void>;
}

export interface CentralEvents extends ConnectionEvents {
  /** It may have reset its adapter: a peripheral on the same one has stopped to advertise, and is not told. */
  readonly onReset: () => void;
}

export interface CentralOptions {
  readonly events: CentralEvents;
}

export type OpenCentral = (options: CentralOptions) => Promise<Central>;

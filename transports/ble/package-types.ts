import type { EventEmitter } from 'node:events';

/*
 * What the transport uses of noble and bleno, in the words that both families of packages have in common. Written down
 * here because the packages are optional: their own types are not there where they are not.
 */

export interface Noble extends EventEmitter {
  readonly state: string;
  startScanningAsync(serviceUuids: string[], allowDuplicates: boolean): Promise<void>;
  stopScanningAsync(): Promise<void>;
}

export interface NoblePeripheral extends EventEmitter {
  readonly address: string;
  readonly state: string;
  /** Undefined or null as long as nothing was negotiated. */
  readonly mtu: number | null | undefined;
  /** Intervals in units of 1.25 ms. The abandonware package does not look at the MTU. */
  connectAsync(options: {
    readonly mtu: number;
    readonly minInterval: number;
    readonly maxInterval: number;
  }): Promise<void>;
  /** Only the stoprocent package has it. */
  cancelConnect?(): void;
  readonly advertisement: { readonly serviceUuids?: readonly string[] };
  /** Asks for the signal strength; it comes as the event `rssiUpdate`. */
  updateRssi(): void;
  disconnect(): void;
  discoverSomeServicesAndCharacteristicsAsync(
    serviceUuids: string[],
    characteristicUuids: string[],
  ): Promise<{ readonly characteristics: readonly NobleCharacteristic[] }>;
}

export interface NobleCharacteristic extends EventEmitter {
  readonly uuid: string;
  readAsync(): Promise<Uint8Array>;
  write(value: Buffer, withoutResponse: boolean): void;
  writeAsync(value: Buffer, withoutResponse: boolean): Promise<void>;
  subscribeAsync(): Promise<unknown>;
}

export type UpdateValue = (value: Buffer) => void;
export type Answer = (result: number, value?: Buffer) => void;

export interface CharacteristicOptions {
  readonly uuid: string;
  readonly properties: readonly string[];
  readonly onReadRequest?: (...parameters: never[]) => void;
  readonly onWriteRequest?: (...parameters: never[]) => void;
  readonly onSubscribe?: (...parameters: never[]) => void;
  readonly onUnsubscribe?: (...parameters: never[]) => void;
  readonly onIndicate?: (...parameters: never[]) => void;
}

export interface Bleno extends EventEmitter {
  readonly state: string;
  readonly Characteristic: new (options: CharacteristicOptions) => object;
  readonly PrimaryService: new (options: { uuid: string; characteristics: object[] }) => object;
  setServices(services: object[]): void;
  startAdvertisingWithEIRData(advertisement: Buffer, scanResponse: Buffer, done: (error?: Error | null) => void): void;
  stopAdvertising(): void;
  /** The abandonware package takes no handle: it has one connection at most. */
  disconnect(handle?: number): void;
  /** Of the only connection; it comes as the event `rssiUpdate`. */
  updateRssi(): void;
}

/** The two families of packages, and in what they differ. */
export interface Family {
  /** Its bleno tells each callback which connection it is about, as the first argument, and can have several. */
  readonly hasConnections: boolean;
}

export const STOPROCENT: Family = { hasConnections: true };
export const ABANDONWARE: Family = { hasConnections: false };

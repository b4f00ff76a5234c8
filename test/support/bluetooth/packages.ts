import type { EventEmitter } from 'node:events';

/*
 * What the tests use of noble and bleno, in the words of both families. Written down here because the packages are
 * optional: the types have to be there where the packages are not.
 */

export const FAMILIES = ['stoprocent', 'abandonware'] as const;
export type Family = (typeof FAMILIES)[number];

export interface Noble extends EventEmitter {
  readonly state: string;
  startScanningAsync(serviceUuids: string[], allowDuplicates: boolean): Promise<void>;
  stopScanningAsync(): Promise<void>;
}

export interface NoblePeripheral extends EventEmitter {
  readonly address: string;
  readonly rssi: number;
  readonly mtu: number | null;
  readonly state: string;
  readonly advertisement: { readonly localName?: string; readonly serviceUuids: string[] };
  /** The abandonware package takes no options and asks for 256. */
  connectAsync(options?: { mtu?: number }): Promise<void>;
  /** Only the stoprocent package has it. */
  cancelConnect?(): void;
  disconnectAsync(): Promise<void>;
  discoverSomeServicesAndCharacteristicsAsync(
    serviceUuids: string[],
    characteristicUuids: string[],
  ): Promise<{ characteristics: NobleCharacteristic[] }>;
}

export interface NobleCharacteristic extends EventEmitter {
  readonly uuid: string;
  readonly properties: string[];
  readAsync(): Promise<Buffer>;
  writeAsync(value: Buffer, withoutResponse: boolean): Promise<void>;
  subscribeAsync(): Promise<void>;
  unsubscribeAsync(): Promise<void>;
}

export type UpdateValue = (value: Buffer) => void;
type Answer = (result: number, value?: Buffer) => void;
/** The stoprocent package puts the connection first, the abandonware package knows only one. */
type Handler = (...parameters: never[]) => void;

export interface CharacteristicOptions {
  readonly uuid: string;
  readonly properties: readonly string[];
  readonly onReadRequest?: Handler;
  readonly onWriteRequest?: Handler;
  readonly onSubscribe?: Handler;
  readonly onUnsubscribe?: Handler;
  readonly onNotify?: Handler;
  readonly onIndicate?: Handler;
}

export interface Bleno extends EventEmitter {
  readonly state: string;
  readonly Characteristic: new (options: CharacteristicOptions) => object;
  readonly PrimaryService: new (options: { uuid: string; characteristics: object[] }) => object;
  setServices(services: object[]): void;
  startAdvertising(name: string, serviceUuids: string[], done: (error?: Error | null) => void): void;
  stopAdvertising(done: () => void): void;
  disconnect(): void;
}

/** The parameters of a handler without the connection, and the connection: always 1 where there can be only one. */
export function splitConnection<T extends readonly unknown[]>(
  family: Family,
  parameters: readonly unknown[],
): [number, T] {
  if (family === 'abandonware') return [1, parameters as unknown as T];
  return [Number(parameters[0]), parameters.slice(1) as unknown as T];
}

export type { Answer };

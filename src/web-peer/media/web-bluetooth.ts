/*
 * What the page uses of Web Bluetooth (Draft Community Group Report, webbluetoothcg.github.io/web-bluetooth), for which
 * TypeScript has no types. Methods reject with DOMExceptions.
 */

export interface WebBluetooth {
  /** Lets a person choose; only after a click. Rejects with NotFoundError when nobody was chosen. */
  requestDevice(options: { readonly filters: readonly { readonly services: readonly string[] }[] }): Promise<WebDevice>;
  /** Who was chosen before; few browsers have it. */
  getDevices?(): Promise<readonly WebDevice[]>;
}

/** Its `gattserverdisconnected` tells that the connection has ended. */
export interface WebDevice extends EventTarget {
  /** Of this device for this page. */
  readonly id: string;
  readonly name?: string;
  /** Missing where the page may not connect. */
  readonly gatt?: WebGattServer;
}

export interface WebGattServer {
  readonly connected: boolean;
  connect(): Promise<WebGattServer>;
  disconnect(): void;
  getPrimaryService(uuid: string): Promise<WebGattService>;
}

interface WebGattService {
  getCharacteristic(uuid: string): Promise<WebCharacteristic>;
}

/** Its `characteristicvaluechanged` tells that a notification came, which is then its `value`. */
export interface WebCharacteristic extends EventTarget {
  readonly value?: DataView;
  startNotifications(): Promise<unknown>;
  writeValueWithoutResponse(value: Uint8Array<ArrayBuffer>): Promise<void>;
}

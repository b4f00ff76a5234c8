import type { Transport } from '../src/transport/transport.js';
import type { Ble, BleOptions } from './ble/transport.js';
import type { FileTransport, FileTransportOptions } from './file/transport.js';
import type { HttpTransportOptions } from './http/transport.js';
import type { MemoryTransportOptions } from './memory/memory.js';
import type { MqttTransport, MqttTransportOptions } from './mqtt/transport.js';
import type { PageOptions } from './qr/page.js';
import type { PictureFilesOptions } from './qr/picture-files.js';
import type { PictureReader, PictureReaderOptions } from './qr/picture-reader.js';
import type { PictureFinding, ReadPicturesOptions } from './qr/read-pictures.js';
import type { TerminalOptions } from './qr/terminal.js';
import type { QrTransportOptions } from './qr/transport.js';
import type { SerialTransportOptions } from './serial/transport.js';
import type { WebSocketTransport, WebSocketTransportOptions } from './websocket/transport.js';

export type { Ble } from './ble/transport.js';
export type { MessageFolder } from './file/folder.js';
export type { MessageFile } from './file/listing.js';
export type { MqttState } from './mqtt/transport.js';
export type { PictureReader } from './qr/picture-reader.js';
export type { OpenSerialPort } from './serial/port.js';

/*
 * The one list of transports. Each is loaded when it is first asked for: a station without a radio needs no driver
 * for one. A transport with two schemes (with and without TLS) is one instance for both.
 */
export const transports = {
  memory: async (options: MemoryTransportOptions): Promise<Transport> =>
    (await import('./memory/memory.js')).createMemoryTransport(options),
  http: async (options: HttpTransportOptions): Promise<Transport & AsyncDisposable> =>
    (await import('./http/transport.js')).createHttpTransport(options),
  websocket: async (options: WebSocketTransportOptions): Promise<WebSocketTransport> =>
    (await import('./websocket/transport.js')).createWebSocketTransport(options),
  serial: async (options: SerialTransportOptions): Promise<Transport> =>
    (await import('./serial/transport.js')).createSerialTransport(options),
  file: async (options: FileTransportOptions = {}): Promise<FileTransport> =>
    (await import('./file/transport.js')).createFileTransport(options),
  mqtt: async (options: MqttTransportOptions): Promise<MqttTransport> =>
    (await import('./mqtt/transport.js')).createMqttTransport(options),
  qr: async (options: QrTransportOptions): Promise<Transport> =>
    (await import('./qr/transport.js')).createQrTransport(options),
};

/** Bluetooth LE: two transports that share an adapter. */
export const openBle = async (options: BleOptions): Promise<Ble> =>
  (await import('./ble/transport.js')).createBle(options);

/** A password of the embedded MQTT broker as it stands in the configuration. */
export const hashMqttPassword = async (password: string): Promise<string> =>
  (await import('./mqtt/broker/password.js')).hashPassword(password);

/** Animated QR codes as commands use them: several messages at once, and no channel. */
export const qrCodes = {
  createReader: async (options: PictureReaderOptions): Promise<PictureReader> =>
    (await import('./qr/picture-reader.js')).createPictureReader(options),
  showOnTerminal: async (messages: readonly Uint8Array[], options: TerminalOptions): Promise<void> =>
    (await import('./qr/terminal.js')).showOnTerminal(messages, options),
  writePictures: async (
    messages: readonly Uint8Array[],
    folder: string,
    options?: PictureFilesOptions,
  ): Promise<string[]> => (await import('./qr/picture-files.js')).writePictures(messages, folder, options),
  writePage: async (messages: readonly Uint8Array[], path: string, options?: PageOptions): Promise<void> =>
    (await import('./qr/page.js')).writePage(messages, path, options),
  async *readPictures(
    paths: readonly string[],
    options: ReadPicturesOptions,
  ): AsyncGenerator<PictureFinding, void, undefined> {
    yield* (await import('./qr/read-pictures.js')).readPictures(paths, options);
  },
};

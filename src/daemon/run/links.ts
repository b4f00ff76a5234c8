import {
  type Ble,
  type BluetoothPackages,
  type MqttState,
  type OpenSerialPort,
  transports,
} from '../../../transports/index.js';
import type { Clock } from '../../core/clock.js';
import { isWaypostError, WaypostError } from '../../core/errors.js';
import type { Logger } from '../../core/logger.js';
import type { Address, Listener, Transport } from '../../transport/transport.js';
import type { Config } from '../config/schema.js';
import type { DataFolder } from '../data-folder/layout.js';
import type { Identity } from '../identity/identity.js';
import { isBluetooth, openBluetooth, usesBluetooth } from './bluetooth.js';
import { type Cleanup, openAll } from './cleanup.js';
import { linkOptions, type StationLinkOptions } from './link-options.js';
import { type Mqtt, openMqtt, usesMqtt } from './mqtt.js';
import { openPictureReader, openQr } from './qr.js';

export interface SerialOptions extends StationLinkOptions {
  /** Default: the ports of this machine. */
  readonly openPort: OpenSerialPort | undefined;
}

/** The transport of serial lines, for this process. */
export function openSerial({ openPort, ...station }: SerialOptions): Promise<Transport> {
  return transports.serial({ ...linkOptions(station), ...(openPort === undefined ? {} : { openPort }) });
}

/** The links of a gateway. Disposing it closes what they keep, and belongs after the gateway's own end. */
export interface Links extends AsyncDisposable {
  /** Those that can be dialled. */
  readonly transports: readonly Transport[];
  /** Connections to brokers. */
  mqttStates(): readonly MqttState[];
  /** Opens them all. Throws ERR_LISTEN, and ERR_CONFIG for an address that cannot be read. */
  listen(): Promise<readonly Listener[]>;
  /** Undefined where it is not used. */
  readonly bluetooth: Ble | undefined;
}

export interface LinksOptions {
  readonly folder: DataFolder;
  readonly config: Config;
  readonly identity: Identity;
  readonly clock: Clock;
  readonly openSerialPort?: OpenSerialPort;
  readonly bluetoothPackages?: BluetoothPackages;
  /** A way out came back: what waits may leave. */
  readonly onReachable: () => void;
}

/** Where to listen, and the name of the setting that says so. */
interface Wanted {
  readonly setting: string;
  readonly addresses: readonly string[];
  readonly transport: Transport;
}

/**
 * The links of the configuration; what arrives only in part is kept in the data folder. Nothing is loaded and no folder
 * made where there are none. Throws ERR_FILE.
 */
export function openLinks(options: LinksOptions, logger: Logger): Promise<Links> {
  return openAll((cleanup) => open(options, logger, cleanup));
}

async function open(options: LinksOptions, logger: Logger, cleanup: Cleanup): Promise<Links> {
  const { folder, config, identity, clock, openSerialPort: openPort, bluetoothPackages: packages } = options;
  const { links, qr, mqtt } = config;
  const wanted: Wanted[] = [];
  let bluetooth: Ble | undefined;
  const isUsed = usesBluetooth(config);
  let brokers: Mqtt | undefined;
  if (links.listen.length + qr.listen.length > 0 || isUsed || usesMqtt(config)) {
    const { openPartialFiles } = await import('../../link/node/partial-files.js');
    const partials = cleanup.use(await openPartialFiles({ folder: folder.partials, clock }));
    const common = { maxMessageBytes: config.limits.messageBytes, partials, logger };
    const { did } = identity.current;
    const ports = links.listen.filter((address) => !isBluetooth(address));
    if (ports.length > 0) {
      const transport = await openSerial({ ...common, stationName: did, openPort });
      wanted.push({ setting: 'links.listen', addresses: ports, transport });
    }
    if (isUsed) {
      bluetooth = cleanup.use(await openBluetooth({ ...common, did, settings: config.bluetooth, packages }));
      for (const transport of [bluetooth.native, bluetooth.dif]) {
        const addresses = links.listen.filter((address) => isOf(transport, address));
        wanted.push({ setting: 'links.listen', addresses, transport });
      }
    }
    if (qr.listen.length > 0) {
      const reader = cleanup.use(await openPictureReader());
      const transport = await openQr({ ...common, reader, cameras: qr.cameras });
      wanted.push({ setting: 'qr.listen', addresses: qr.listen, transport });
    }
    if (usesMqtt(config)) {
      brokers = await openMqtt({ ...common, config, onConnected: options.onReachable });
      wanted.push({ setting: 'mqtt.listen', addresses: mqtt.listen, transport: brokers.transport });
    }
  }
  const listen = async (): Promise<readonly Listener[]> => [
    ...(await listenOnAll(wanted)),
    ...(bluetooth === undefined || config.bluetooth.seek.length === 0 ? [] : [bluetooth.seek()]),
    ...((await brokers?.listenOnOwnBroker(cleanup)) ?? []),
  ];
  return {
    transports: brokers !== undefined && mqtt.dial === 'on' ? [brokers.transport] : [],
    mqttStates: () => brokers?.states() ?? [],
    bluetooth,
    listen,
    [Symbol.asyncDispose]: () => cleanup[Symbol.asyncDispose](),
  };
}

function isOf({ schemes }: Transport, address: string): boolean {
  return schemes.some((scheme) => address.startsWith(`${scheme}:`));
}

async function listenOnAll(wanted: readonly Wanted[]): Promise<readonly Listener[]> {
  const listeners: Listener[] = [];
  try {
    for (const { setting, addresses, transport } of wanted) {
      for (const address of addresses) listeners.push(await listenOn(transport, address, setting));
    }
    return listeners;
  } catch (error) {
    await Promise.all(listeners.map((listener) => listener[Symbol.asyncDispose]()));
    throw error;
  }
}

async function listenOn(transport: Transport, address: string, setting: string): Promise<Listener> {
  try {
    return await transport.listen(address as Address);
  } catch (error) {
    if (!isWaypostError(error, 'ERR_INVALID_ARGUMENT')) throw error;
    throw new WaypostError('ERR_CONFIG', `${setting}: ${error.message}`, { cause: error });
  }
}

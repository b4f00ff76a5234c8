import type { AbortOptions, Channel } from '../../transport/transport.js';

export type Dial = (options: AbortOptions) => Promise<Channel>;

/** How a simulated device reaches its gateway. */
export interface DeviceMedium {
  readonly dial: Dial;
  /** For further devices at the same place; only Bluetooth has them. */
  readonly others?: readonly Dial[];
  /** Nothing ever comes back: no answers, no mailbox. */
  readonly isOneWay: boolean;
  /** What is to be done so that the gateway can be reached, as lines for people. */
  readonly instructions: readonly string[];
  /** Aborts when there is nothing any more that the gateway could be reached by; the reason says what is gone. */
  readonly gone?: AbortSignal;
}

/** How a simulated device can reach its gateway. */
export const DEVICE_TRANSPORTS = ['serial', 'ble', 'ble-dif', 'websocket', 'file', 'qr'] as const;
export type DeviceTransport = (typeof DEVICE_TRANSPORTS)[number];

/** How a simulated sensor can; those without a way back are refused. */
export const SENSOR_TRANSPORTS = [...DEVICE_TRANSPORTS, 'mqtt'] as const;
export type SensorTransport = (typeof SENSOR_TRANSPORTS)[number];

/** What the options of `waypost sim` say about the medium. */
export interface MediumOptions {
  readonly transport: DeviceTransport;
  /** A real serial port, as a path or an address; or a real Bluetooth adapter, such as `hci0`. */
  readonly port: string | undefined;
  /** Where the gateway's end of a simulated line, or its simulated adapter, is to appear. */
  readonly pty: string | undefined;
  /** Of a simulated line or radio. */
  readonly profile: string | undefined;
  readonly seed: number;
  /** How many phones there are; default: one. */
  readonly phones?: number;
  /** The gateway's WebSocket address. */
  readonly url: string | undefined;
  /** Where message files or pictures go. */
  readonly folder: string | undefined;
  /** For what goes wrong and concerns no message, as a line for people. */
  readonly warn: (line: string) => void;
}

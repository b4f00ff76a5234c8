import type { AbortOptions, Channel } from '../../transport/transport.js';

/** How a simulated device reaches its gateway. */
export interface DeviceMedium {
  readonly dial: (options: AbortOptions) => Promise<Channel>;
  /** Nothing ever comes back: no answers, no mailbox. */
  readonly isOneWay: boolean;
  /** What is to be done so that the gateway can be reached, as lines for people. */
  readonly instructions: readonly string[];
}

/** How a simulated device can reach its gateway. */
export const DEVICE_TRANSPORTS = ['serial', 'websocket', 'file', 'qr'] as const;
export type DeviceTransport = (typeof DEVICE_TRANSPORTS)[number];

/** What the options of `waypost sim` say about the medium. */
export interface MediumOptions {
  readonly transport: DeviceTransport;
  /** A real serial port, as a path or an address. */
  readonly port: string | undefined;
  /** Where the gateway's end of a simulated line is to appear. */
  readonly pty: string | undefined;
  /** Of a simulated line. */
  readonly profile: string | undefined;
  readonly seed: number;
  /** The gateway's WebSocket address. */
  readonly url: string | undefined;
  /** Where message files or pictures go. */
  readonly folder: string | undefined;
}

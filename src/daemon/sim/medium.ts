import type { AbortOptions, Channel } from '../../transport/transport.js';

/** How a simulated device reaches its gateway. */
export interface DeviceMedium {
  readonly dial: (options: AbortOptions) => Promise<Channel>;
  /** What is to be done so that the gateway can be reached, as lines for people. */
  readonly instructions: readonly string[];
}

/** What the options of `waypost sim` say about the medium. */
export interface MediumOptions {
  /** A real serial port, as a path or an address. */
  readonly port: string | undefined;
  /** Where the gateway's end of a simulated line is to appear. */
  readonly pty: string | undefined;
  /** Of a simulated line. */
  readonly profile: string | undefined;
  readonly seed: number;
  /** The gateway's WebSocket address. */
  readonly url: string | undefined;
}

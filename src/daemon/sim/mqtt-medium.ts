import { dialMqtt, type SensorLine } from '../../../firmware-sim/index.js';
import { quote, WaypostError } from '../../core/errors.js';
import type { AbortOptions } from '../../transport/transport.js';

export interface BrokerOptions {
  /** The address that the gateway listens on: `mqtt://HOST:PORT/PREFIX/device/+/up`. */
  readonly url: string | undefined;
  readonly id: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

const ADDRESS = /^(mqtts?:\/\/[^/?#@\s]+)\/([^?#\s]+)\/device\/[^/]+\/up$/;

/** A sensor at an MQTT broker. Throws ERR_USAGE for an address that is none. */
export function openBroker({ url = '', id, username, password }: BrokerOptions) {
  const [, broker, prefix] = ADDRESS.exec(url) ?? [];
  if (broker === undefined || prefix === undefined) {
    const wanted = "where the gateway listens, such as --url 'mqtt://localhost:1883/site/device/+/up'";
    throw new WaypostError('ERR_USAGE', `${quote(url)} is no address of devices at a broker: ${wanted}`);
  }
  const credentials = {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  };
  return (options: AbortOptions): Promise<SensorLine> => dialMqtt({ broker, prefix, id, ...credentials }, options);
}

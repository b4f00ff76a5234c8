import { transports } from '../../../transports/index.js';
import { quote, WaypostError } from '../../core/errors.js';
import { createAddressPolicy } from '../../net/address-policy.js';
import type { Address } from '../../transport/transport.js';
import type { Cleanup } from '../run/cleanup.js';
import type { DeviceMedium, MediumOptions } from './medium.js';

/** A device in the gateway's network. `foundAt`: where its invitation was, such as `http://gateway.local:8080`. */
export async function openWebSocketMedium(
  { url, profile }: MediumOptions,
  foundAt: string | undefined,
  cleanup: Cleanup,
): Promise<DeviceMedium> {
  if (profile !== undefined) throw new WaypostError('ERR_USAGE', '--profile is of a simulated serial line');
  const given = url ?? foundAt?.replace(/^http/, 'ws');
  if (given === undefined || !/^wss?:\/\//.test(given)) {
    throw new WaypostError(
      'ERR_USAGE',
      `${quote(given ?? 'nothing')} is no address of a gateway: --url ws://HOST:PORT`,
    );
  }
  const address = given as Address;
  const outbound = { policy: createAddressPolicy({ allow: [] }), trustedOrigins: [address] };
  const transport = cleanup.use(await transports.websocket({ outbound }));
  return { isOneWay: false, instructions: [], dial: (options) => transport.dial(address, options) };
}

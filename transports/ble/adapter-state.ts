import { WaypostError } from '../../src/core/errors.js';
import type { AdapterState } from './ports.js';

export interface AdapterObstacle {
  readonly what: string;
  /** The command that helps. */
  readonly fix: string;
}

/** What is wrong. Nothing for states that pass by themselves. */
export function adapterObstacle(state: AdapterState): AdapterObstacle | undefined {
  switch (state) {
    case 'unsupported':
      return { what: 'there is no Bluetooth LE adapter', fix: 'plug one in, then look for it with: hciconfig -a' };
    case 'unauthorized':
      return {
        what: 'no permission for the Bluetooth adapter',
        fix: 'sudo setcap cap_net_raw+eip $(eval readlink -f $(which node))',
      };
    case 'poweredOff':
      return { what: 'the Bluetooth adapter is off', fix: 'sudo rfkill unblock bluetooth; sudo hciconfig hci0 up' };
    default:
      return undefined;
  }
}

/** The error of an adapter that cannot be used now. All states can change without this program: it is retryable. */
export function adapterError(state: AdapterState): WaypostError {
  const obstacle = adapterObstacle(state);
  const message = obstacle === undefined ? `the Bluetooth adapter is ${state}` : `${obstacle.what}: ${obstacle.fix}`;
  return new WaypostError('ERR_BLUETOOTH', message, { retryable: true });
}

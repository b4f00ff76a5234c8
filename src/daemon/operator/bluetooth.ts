import type { Ble } from '../../../transports/index.js';
import type { BluetoothState } from './operator.js';

/** How the radio is, for `status`. Null where it is not used. */
export function bluetoothState(ble: Ble | undefined): BluetoothState | null {
  if (ble === undefined) return null;
  const { state, obstacle, slotUse, connections } = ble;
  return {
    adapter: state,
    problem: obstacle === undefined ? null : `${obstacle.what}: ${obstacle.fix}`,
    ...slotUse,
    sought: connections.filter(({ peer }) => peer === 'peripheral').length,
  };
}

/** Signal strengths in dBm by the address of the radio, as far as the adapter says. */
export async function signalStrengths(ble: Ble | undefined): Promise<ReadonlyMap<string, number>> {
  const strengths = new Map<string, number>();
  await Promise.all(
    (ble?.connections ?? []).map(async (connection) => {
      const rssiDbm = await connection.readRssi();
      if (rssiDbm !== undefined) strengths.set(connection.address, rssiDbm);
    }),
  );
  return strengths;
}

/** The address of the radio in the address of a channel; undefined for other media. */
export function radioOf(remoteAddress: string): string | undefined {
  return /^ble(?:-dif)?:(.+)$/.exec(remoteAddress)?.[1]?.toLowerCase();
}

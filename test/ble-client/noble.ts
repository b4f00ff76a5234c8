import type { EventEmitter } from 'node:events';

/*
 * What phones use of noble, and how they find a gateway with it: noble's own, and nothing of any profile.
 */

export interface NobleLike extends EventEmitter {
  startScanningAsync(serviceUuids: string[], allowDuplicates: boolean): Promise<void>;
  stopScanningAsync(): Promise<void>;
}

interface PeripheralLike extends EventEmitter {
  readonly mtu: number | null;
  connectAsync(options: { mtu: number }): Promise<void>;
  disconnectAsync(): Promise<void>;
  discoverSomeServicesAndCharacteristicsAsync(
    services: string[],
    characteristics: string[],
  ): Promise<{ characteristics: CharacteristicLike[] }>;
}

export interface CharacteristicLike extends EventEmitter {
  readonly uuid: string;
  readAsync(): Promise<Buffer>;
  writeAsync(value: Buffer, withoutResponse: boolean): Promise<void>;
  subscribeAsync(): Promise<void>;
}

/** The first peripheral that advertises a service. */
export async function findPeripheral(noble: NobleLike, service: string): Promise<PeripheralLike> {
  const found = new Promise<PeripheralLike>((resolve) => noble.once('discover', resolve));
  await noble.startScanningAsync([service], false);
  const peripheral = await found;
  await noble.stopScanningAsync();
  return peripheral;
}

/** The characteristics of a service, by UUID. The result throws for one that is not there. */
export async function characteristicsOf(
  peripheral: PeripheralLike,
  service: string,
): Promise<(uuid: string) => CharacteristicLike> {
  const { characteristics } = await peripheral.discoverSomeServicesAndCharacteristicsAsync([service], []);
  return (uuid) => {
    const found = characteristics.find((characteristic) => characteristic.uuid === uuid);
    if (found === undefined) throw new Error(`no characteristic ${uuid}`);
    return found;
  };
}

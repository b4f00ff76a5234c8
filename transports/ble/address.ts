import { quote, WaypostError } from '../../src/core/errors.js';

/** What a Bluetooth address says. */
export interface BleAddress {
  /** Of the peer's radio, in lower case; undefined: whoever serves the profile. */
  readonly device: string | undefined;
  /** The MTU to ask for. */
  readonly mtu: number;
}

/** The smallest and the largest ATT MTU that are of use (Core Specification 5.4, Vol 3 Part F, 3.2.8 and 3.2.9). */
const MIN_MTU = 23;
const MAX_MTU = 517;
/** Fills exactly one packet of the radio. */
export const DEFAULT_MTU = 247;
const DEVICE = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i;

/** `SCHEME:[DEVICE][?mtu=247]` (docs/transports/ble.md, "Address"). Throws ERR_INVALID_ARGUMENT. */
export function parseBleAddress(address: string, scheme: string): BleAddress {
  const invalid = (why: string) => invalidAddress(address, why);
  const [, device, query] = new RegExp(`^${scheme}:([^?]*)(?:\\?(.*))?$`).exec(address) ?? [];
  if (device === undefined) throw invalid(`it is not of the form ${scheme}:[aa:bb:cc:dd:ee:ff][?mtu=${DEFAULT_MTU}]`);
  if (device !== '' && !DEVICE.test(device))
    throw invalid(`${quote(device)} is not six bytes such as aa:bb:cc:dd:ee:ff`);
  const parameters = new URLSearchParams(query);
  for (const name of parameters.keys()) {
    if (name !== 'mtu' || parameters.getAll(name).length > 1) throw invalid(`mtu, once, is the only parameter`);
  }
  const text = parameters.get('mtu') ?? String(DEFAULT_MTU);
  const mtu = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  if (!(mtu >= MIN_MTU && mtu <= MAX_MTU)) throw invalid(`mtu is a whole number from ${MIN_MTU} to ${MAX_MTU}`);
  return { device: device === '' ? undefined : device.toLowerCase(), mtu };
}

/** To listen there is nothing to say but the scheme. Throws ERR_INVALID_ARGUMENT. */
export function checkListenAddress(address: string, scheme: string): void {
  if (address !== `${scheme}:`) throw invalidAddress(address, `to listen it is ${quote(`${scheme}:`)}`);
}

function invalidAddress(address: string, why: string): WaypostError {
  return new WaypostError('ERR_INVALID_ARGUMENT', `${quote(address, 200)} is not a Bluetooth address: ${why}`);
}

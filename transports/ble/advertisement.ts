/** Advertising data structures of a peripheral (Core Specification Supplement 11, Part A, sections 1.1 and 1.3). */
interface Advertisement {
  /** At most 31 bytes each. */
  readonly advertisement: Uint8Array;
  readonly scanResponse: Uint8Array;
}

const FLAGS = 0x01;
const LE_GENERAL_DISCOVERABLE = 0x02;
const BR_EDR_NOT_SUPPORTED = 0x04;
const INCOMPLETE_UUIDS_128 = 0x06;
const COMPLETE_UUIDS_128 = 0x07;

/** The first UUID is advertised, where phones look for it also in the background, the second is in the scan response. */
export function advertisementOf([first, second]: readonly string[]): Advertisement {
  const flags = structure(FLAGS, Uint8Array.of(LE_GENERAL_DISCOVERABLE | BR_EDR_NOT_SUPPORTED));
  const type = second === undefined ? COMPLETE_UUIDS_128 : INCOMPLETE_UUIDS_128;
  return {
    advertisement: Uint8Array.of(...flags, ...(first === undefined ? [] : structure(type, littleEndian(first)))),
    scanResponse: second === undefined ? new Uint8Array() : structure(INCOMPLETE_UUIDS_128, littleEndian(second)),
  };
}

function structure(type: number, data: Uint8Array): Uint8Array {
  return Uint8Array.of(1 + data.length, type, ...data);
}

function littleEndian(uuid: string): Uint8Array {
  return Uint8Array.from(uuid.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16)).reverse();
}

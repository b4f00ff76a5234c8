/** Polynomial 0x1edc6f41 with its bits reflected (framing.md, "CRC-32C"). */
const REFLECTED = 0x82f63b78;

/** CRC-32C of some bytes, as an unsigned number. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ REFLECTED : crc >>> 1;
  }
  return ~crc >>> 0;
}

/*
 * CRC-32C (Castagnoli), as in iSCSI (RFC 3720 section 12.1) and SCTP (RFC 9260 appendix A): polynomial 0x1edc6f41,
 * bits reflected, register starting at and finally XORed with 0xffffffff. It finds every error of up to five bits in
 * frames of up to 655 bytes, and every burst of up to 32 bits.
 */

const REVERSED_POLYNOMIAL = 0x82f63b78;

/** How many bytes one step takes ("slicing by 8"): eight look-ups that do not wait for each other. */
const SLICE = 8;

/** `TABLES[256 * n + byte]`: what `byte` does to the register when `n` zero bytes follow it. */
const TABLES = new Uint32Array(256 * SLICE);
for (let byte = 0; byte < 256; byte++) {
  let register = byte;
  for (let bit = 0; bit < 8; bit++) register = (register >>> 1) ^ (register & 1 ? REVERSED_POLYNOMIAL : 0);
  TABLES[byte] = register;
}
for (let i = 256; i < TABLES.length; i++) {
  const shorter = TABLES[i - 256] as number;
  TABLES[i] = (shorter >>> 8) ^ (TABLES[shorter & 0xff] as number);
}

/**
 * The CRC-32C of bytes that are followed by their own CRC-32C, low byte first, whatever the bytes are. A check is then
 * one comparison.
 */
export const CRC32C_RESIDUE = 0x48674bc7;

/**
 * The CRC-32C of `bytes`, from 0 to 2^32 - 1. `seed` is the CRC-32C of what came before, so that
 * `crc32c(b, crc32c(a))` is that of a followed by b.
 */
export function crc32c(bytes: Uint8Array, seed = 0): number {
  let register = ~seed;
  let i = 0;
  for (const end = bytes.length - SLICE; i <= end; i += SLICE) {
    register ^=
      (bytes[i] as number) |
      ((bytes[i + 1] as number) << 8) |
      ((bytes[i + 2] as number) << 16) |
      ((bytes[i + 3] as number) << 24);
    register =
      (TABLES[1792 + (register & 0xff)] as number) ^
      (TABLES[1536 + ((register >>> 8) & 0xff)] as number) ^
      (TABLES[1280 + ((register >>> 16) & 0xff)] as number) ^
      (TABLES[1024 + (register >>> 24)] as number) ^
      (TABLES[768 + (bytes[i + 4] as number)] as number) ^
      (TABLES[512 + (bytes[i + 5] as number)] as number) ^
      (TABLES[256 + (bytes[i + 6] as number)] as number) ^
      (TABLES[bytes[i + 7] as number] as number);
  }
  for (; i < bytes.length; i++) {
    register = (register >>> 8) ^ (TABLES[(register ^ (bytes[i] as number)) & 0xff] as number);
  }
  return ~register >>> 0;
}

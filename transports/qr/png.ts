import { crc32, deflateSync } from 'node:zlib';
import type { Modules } from '../../src/link/qr-symbol.js';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** A QR code, or several in one grid, as PNG: one bit a pixel, black and white, `scale` pixels a module (PNG, third edition, sections 5 and 11). */
export function encodePng(modules: Modules, scale: number): Buffer {
  const width = (modules[0]?.length ?? 0) * scale;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(modules.length * scale, 4);
  header.set([1, 0, 0, 0, 0], 8); // 1 bit, greyscale, deflate, filters of type 0, not interlaced
  const rows = modules.flatMap((row) => Array<Buffer>(scale).fill(packRow(row, scale)));
  const chunks = [
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(rows))),
    chunk('IEND', Buffer.alloc(0)),
  ];
  return Buffer.concat([SIGNATURE, ...chunks]);
}

/** A row of pixels after the byte for its filter (0: none). A light module is 1. */
function packRow(row: readonly boolean[], scale: number): Buffer {
  const packed = Buffer.alloc(1 + Math.ceil((row.length * scale) / 8));
  for (let x = 0; x < row.length * scale; x++) {
    if (row[Math.floor(x / scale)] === true) continue;
    const at = 1 + (x >> 3);
    packed.writeUInt8(packed.readUInt8(at) | (0x80 >> (x & 7)), at);
  }
  return packed;
}

function chunk(type: string, data: Buffer): Buffer {
  const whole = Buffer.alloc(12 + data.length);
  whole.writeUInt32BE(data.length, 0);
  whole.write(type, 4, 'latin1');
  whole.set(data, 8);
  whole.writeUInt32BE(crc32(whole.subarray(4, 8 + data.length)), 8 + data.length);
  return whole;
}

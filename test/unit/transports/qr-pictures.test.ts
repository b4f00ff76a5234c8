import { crc32, deflateSync } from 'node:zlib';
import { PNG } from 'pngjs';
import { afterAll, describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/core/bytes.js';
import { checkPicture, DEFAULT_PICTURE_LIMITS } from '../../../src/core/picture.js';
import { drawSymbol, frameBytesOf, versionFor } from '../../../src/link/qr-symbol.js';
import { MjpegSplitter } from '../../../transports/qr/mjpeg.js';
import { encodePng } from '../../../transports/qr/png.js';
import { pictureReader } from '../../support/qr.js';

const reader = pictureReader();
afterAll(() => reader[Symbol.asyncDispose]());

const refusal = (code: string) => expect.objectContaining({ code });

describe('a symbol', () => {
  /* ISO/IEC 18004, table 7: 1249, 4296, 154 and 10 alphanumeric characters. */
  it.each([
    [20, 'low', 1249],
    [40, 'low', 4296],
    [5, 'low', 154],
    [1, 'high', 10],
    [27, 'medium', 1637],
  ] as const)('of version %d-%s has room for %d characters', (version, errorCorrection, characters) => {
    const bytes = frameBytesOf(version, errorCorrection);
    expect(bytes).toBe(Math.floor(characters / 3) * 2 + (characters % 3 === 2 ? 1 : 0));
    const text = 'A'.repeat(characters);
    expect(drawSymbol(text, version, errorCorrection)).toHaveLength(17 + 4 * version + 8);
    expect(() => drawSymbol(`${text}A`, version, errorCorrection)).toThrow();
  });

  it('is as small as what is in it allows', () => {
    expect(versionFor(832, {})).toBe(20);
    expect(versionFor(100, {})).toBe(5);
    expect(() => versionFor(833, {})).toThrow(refusal('ERR_TOO_LARGE'));
    expect(() => frameBytesOf(41, 'low')).toThrow(refusal('ERR_INVALID_ARGUMENT'));
  });
});

describe('the PNG writer', () => {
  it.each([1, 3, 6])('writes what other readers of PNG read, %d pixels a module', (scale) => {
    const modules = drawSymbol('HELLO', 2, 'low');
    const { width, height, data } = PNG.sync.read(encodePng(modules, scale));
    expect([width, height]).toEqual([modules.length * scale, modules.length * scale]);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const isDark = modules[Math.floor(y / scale)]?.[Math.floor(x / scale)] ?? false;
        if (data[4 * (y * width + x)] !== (isDark ? 0 : 255)) throw new Error(`pixel ${x}, ${y} is wrong`);
      }
    }
  });
});

/** A PNG whose header says one thing and whose pixels are another. */
function forgedPng(width: number, height: number, pixels: Uint8Array): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const chunk = (type: string, data: Uint8Array) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    check.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, check]);
  };
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  return concatBytes(signature, chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', new Uint8Array()));
}

function jpegHeader(width: number, height: number): Uint8Array {
  const [w, h] = [
    [width >> 8, width & 0xff],
    [height >> 8, height & 0xff],
  ];
  const frame = [0xff, 0xc0, 0, 11, 8, ...(h ?? []), ...(w ?? []), 1, 1, 0x11, 0];
  return Uint8Array.from([0xff, 0xd8, 0xff, 0xe0, 0, 4, 0x12, 0x34, 0xff, ...frame, 0xff, 0xd9]);
}

describe('a picture from outside', () => {
  it.each([
    ['a PNG of 60000 x 60000', forgedPng(60_000, 60_000, new Uint8Array()), 'ERR_TOO_LARGE'],
    ['a JPEG of 65535 x 65535', jpegHeader(65_535, 65_535), 'ERR_TOO_LARGE'],
    ['more bytes than a picture may have', new Uint8Array(DEFAULT_PICTURE_LIMITS.maxPictureBytes + 1), 'ERR_TOO_LARGE'],
    ['text', Buffer.from('<!doctype html>'), 'ERR_PICTURE'],
    ['nothing', new Uint8Array(), 'ERR_PICTURE'],
    ['a PNG without width', forgedPng(0, 10, new Uint8Array()), 'ERR_PICTURE'],
    ['a JPEG that is only a header', jpegHeader(0, 0), 'ERR_PICTURE'],
    ['the start of a PNG', forgedPng(10, 10, new Uint8Array()).subarray(0, 20), 'ERR_PICTURE'],
    ['the start of a JPEG', Uint8Array.of(0xff, 0xd8, 0xff), 'ERR_PICTURE'],
    [
      'a JPEG with a segment of no length',
      Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0),
      'ERR_PICTURE',
    ],
  ])('is refused before it is decoded: %s', (_, picture, code) => {
    expect(() => checkPicture(picture, DEFAULT_PICTURE_LIMITS)).toThrow(refusal(code));
  });

  it('that unpacks to more than it says is refused', async () => {
    const bomb = forgedPng(100, 100, deflateSync(Buffer.alloc(50_000_000)));
    expect(bomb.length).toBeLessThan(100_000);
    await expect(reader.read(bomb)).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' });
  });

  it('that is damaged is refused, and the next one is read', async () => {
    const modules = drawSymbol('HELLO', 2, 'low');
    const cutOff = encodePng(modules, 4).subarray(0, -30);
    await expect(reader.read(cutOff)).rejects.toMatchObject({ code: 'ERR_PICTURE' });
    expect(await reader.read(jpegHeader(40, 40)).catch((error: unknown) => error)).toBeDefined();
    expect(await reader.read(encodePng(modules, 4))).toEqual(['HELLO']);
  });

  it('may show several codes, or none', async () => {
    const [left, right] = [drawSymbol('LEFT', 2, 'low'), drawSymbol('RIGHT', 2, 'low')];
    const both = left.map((row, y) => [...row, ...(right[y] ?? [])]);
    expect([...(await reader.read(encodePng(both, 4)))].sort()).toEqual(['LEFT', 'RIGHT']);
    expect(await reader.read(encodePng(Array(20).fill(Array(20).fill(false)), 4))).toEqual([]);
  });

  it('that takes too long is given up, and the next one is read', async () => {
    await using hasty = pictureReader({ timeoutMs: 0 });
    const picture = encodePng(drawSymbol('HELLO', 2, 'low'), 4);
    await expect(hasty.read(picture)).rejects.toMatchObject({ code: 'ERR_PICTURE' });
    expect(await reader.read(picture)).toEqual(['HELLO']);
  });

  it('is not read any more by a reader that is closed', async () => {
    const closed = pictureReader();
    await closed[Symbol.asyncDispose]();
    const picture = encodePng(drawSymbol('HELLO', 2, 'low'), 4);
    await expect(closed.read(picture)).rejects.toMatchObject({ code: 'ERR_CHANNEL_CLOSED' });
  });
});

describe('a stream of JPEG pictures', () => {
  const thumbnail = [0xff, 0xd8, 0xff, 0xd9];
  /** Segments with a thumbnail within one, fill bytes, a scan with stuffed bytes and restart markers, another scan. */
  const picture = Uint8Array.from([
    ...[0xff, 0xd8, 0xff, 0xe1, 0, 2 + thumbnail.length, ...thumbnail],
    ...[0xff, 0xff, 0xdb, 0, 3, 9, 0xff, 0xda, 0, 3, 1],
    ...[1, 2, 0xff, 0x00, 3, 0xff, 0xd3, 4, 0xff, 0xff, 0xda, 0, 3, 2, 5, 0xff, 0xd9],
  ]);

  it('is cut into pictures, in whatever pieces it comes and whatever is between them', () => {
    const noise = Uint8Array.from([0, 0xff, 0xff, 0xd9, 0x2d, 0x2d, 0xff]);
    const stream = concatBytes(noise, picture, picture, noise, picture);
    for (let size = 1; size <= stream.length; size++) {
      const splitter = new MjpegSplitter(1000);
      const found: Uint8Array[] = [];
      for (let at = 0; at < stream.length; at += size) found.push(...splitter.push(stream.subarray(at, at + size)));
      expect(found).toEqual([picture, picture, picture]);
      expect(splitter.dropped).toBe(0);
    }
  });

  it('goes on with the next picture after one that is torn off, damaged or too long', () => {
    const splitter = new MjpegSplitter(100);
    const tornOff = picture.subarray(0, -2);
    const damaged = Uint8Array.from([0xff, 0xd8, 0xff, 0xe0, 0, 1, 7, 7]);
    const noMarker = Uint8Array.from([0xff, 0xd8, 7, 7, 7]);
    const tooLong = Uint8Array.from([0xff, 0xd8, 0xff, 0xda, 0, 2, ...Array(200).fill(5), 0xff, 0xd9]);
    const found = splitter.push(concatBytes(tornOff, picture, damaged, picture, noMarker, picture, tooLong, picture));
    expect(found).toEqual([picture, picture, picture, picture]);
    expect(splitter.dropped).toBe(4);
  });

  it('holds no more than one picture may have', () => {
    const splitter = new MjpegSplitter(1000);
    splitter.push(picture.subarray(0, -2));
    for (let i = 0; i < 100; i++) splitter.push(new Uint8Array(500));
    expect(splitter.dropped).toBe(1);
    expect(splitter.push(picture)).toEqual([picture]);
  });
});

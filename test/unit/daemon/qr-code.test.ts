import decodeQR from 'qr/decode.js';
import { describe, expect, it } from 'vitest';
import { terminalQrCode } from '../../../src/daemon/qr-code.js';

/** Looks at the code as a camera does: every module as some pixels, light where something is drawn. */
function scan(text: string): string {
  const rows = text.trimEnd().split('\n');
  const size = Math.max(...rows.map((row) => row.length));
  const scale = 4;
  const pixels = new Uint8Array(size * scale * size * scale * 4).fill(255);
  for (let y = 0; y < size * scale; y++) {
    for (let x = 0; x < size * scale; x++) {
      const module = Math.floor(y / scale);
      const drawn = rows[Math.floor(module / 2)]?.[Math.floor(x / scale)] ?? ' ';
      const isLight = drawn === '█' || drawn === (module % 2 === 0 ? '▀' : '▄');
      if (!isLight) pixels.fill(0, (y * size * scale + x) * 4, (y * size * scale + x) * 4 + 3);
    }
  }
  return decodeQR({ width: size * scale, height: size * scale, data: pixels });
}

describe('terminalQrCode', () => {
  it('can be scanned, and is as wide as it says', () => {
    for (const content of ['a', `https://gw.example.org/?_oob=${'eyJpZCI6'.repeat(80)}`]) {
      const { text, columns } = terminalQrCode(content, false);
      expect(scan(text)).toBe(content);
      expect(
        text
          .split('\n')
          .slice(0, -1)
          .every((line) => line.length === columns),
      ).toBe(true);
    }
  });

  it('brings its own colours where it may', () => {
    const plain = terminalQrCode('a', false).text;
    const coloured = terminalQrCode('a', true).text;
    expect(coloured).toContain('\x1b[');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours of a terminal are such
    expect(coloured.replaceAll(/\x1b\[[\d;]*m/g, '')).toBe(plain);
  });
});
